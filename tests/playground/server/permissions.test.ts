import { OverwriteType, PermissionFlagsBits as May } from 'discord.js'
import { expect, test } from 'vitest'
import { guildPermissions, permissionsIn } from '../../../src/playground/server/permissions.ts'
import { startPlayground, type Playground } from '../../../src/playground/server/playground.ts'

async function world(look: (playground: Playground) => void) {
  const playground = await startPlayground()
  look(playground)
  await playground.close()
}

test('roles add up; the owner may do everything; nobody else is an administrator', () =>
  world(({ state, ids }) => {
    const has = (user: string, bit: bigint) => (guildPermissions(state, user) & bit) !== 0n
    expect([ids.alice, ids.bob, ids.root].map((user) => has(user, May.SendMessages))).toEqual([true, true, true])
    expect([ids.alice, ids.bob, ids.root].map((user) => has(user, May.ManageGuild))).toEqual([false, false, true])
    expect([ids.alice, ids.bot].map((user) => has(user, May.Administrator))).toEqual([false, false])
    expect(guildPermissions(state, '1574612281965154306')).toBe(0n)
  }))

test('overrides: everyone, then roles, then the member; without ViewChannel nothing is left', () =>
  world(({ state, ids }) => {
    const channel = state.channels.get(ids.training)
    if (channel === undefined || !('permission_overwrites' in channel)) throw new Error('no channel')
    const sends = (user: string) => (permissionsIn(state, user, channel) & May.SendMessages) !== 0n
    const deny = { allow: '0', deny: String(May.SendMessages) }
    const allow = { allow: String(May.SendMessages), deny: '0' }
    channel.permission_overwrites = [{ id: ids.everyone, type: OverwriteType.Role, ...deny }]
    expect([ids.alice, ids.bob, ids.root].map(sends)).toEqual([false, false, true])
    channel.permission_overwrites.push({ id: ids.reviewer, type: OverwriteType.Role, ...allow })
    expect([ids.alice, ids.bob].map(sends)).toEqual([false, true])
    channel.permission_overwrites.push(
      { id: ids.bob, type: OverwriteType.Member, ...deny },
      { id: ids.alice, type: OverwriteType.Member, ...allow },
    )
    expect([ids.alice, ids.bob].map(sends)).toEqual([true, false])
    channel.permission_overwrites = [
      { id: ids.everyone, type: OverwriteType.Role, allow: '0', deny: String(May.ViewChannel) },
    ]
    expect(permissionsIn(state, ids.alice, channel)).toBe(0n)
    expect(permissionsIn(state, ids.bot, channel)).toBe(0n)
  }))
