import { afterEach, expect, test } from 'vitest'
import { TABLE } from '../../commands/index.ts'
import { getRun } from '../../storage/runs.ts'
import { listTaught } from '../../storage/taught.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

// Where "anyone" stands may still be refused: publishing and settings have rules of their own, and tests of their own.
test('who may press what of a run is written down a second time', () => {
  const of = (controls: Readonly<Record<string, { who: string }>>, who: string) =>
    Object.keys(controls)
      .filter((action) => controls[action]?.who === who)
      .sort()
  expect(of(TABLE.buttons, 'starter')).toEqual([
    ...['discard', 'edit', 'fix', 'fix-for-sure', 'full-log', 'launch', 'resume', 'smoke-test'],
    ...['stop-and-save', 'stop-now', 'stop-now-for-sure', 'take'],
  ])
  expect(of(TABLE.forms, 'starter')).toEqual(['edit'])
})

let world: World | null = null
afterEach(async () => {
  await world?.clear()
  world = null
})

/** Bob, who manages the server for as long as he is told to. */
async function open() {
  world = await openWorld()
  const { discord } = world
  const member = discord.state.members.get(discord.ids.bob)
  const promote = (is: boolean) => {
    if (member) member.roles = is ? [discord.ids.admin] : []
  }
  return { world, bob: discord.as('bob'), promote }
}

test('a form of somebody who lost the right meanwhile changes no draft', async () => {
  const { world, bob, promote } = await open()
  await draft(world)
  promote(true)
  await bob.press('Edit')
  promote(false)
  const before = getRun(world.context.database, 1)
  const { text, ephemeral } = await bob.submit({ learning_rate: '2e-5' })
  expect(text).toContain("Run #1 is @Alice's")
  expect(ephemeral).toBe(true)
  expect(getRun(world.context.database, 1)).toEqual(before)
})

test('what a server is taught is for who manages it, at each step', async () => {
  const { world, bob, promote } = await open()
  const { database } = world.context
  const guild = world.discord.ids.guild
  const denied = 'Only somebody who manages the server can do that.'
  const taught = {
    title: 'No seat',
    line: 'LicenceError: no seat left on lic01',
    why: 'It asks lic01.',
    remedy: 'Wait.',
  }
  await world.discord.as('alice').command('finetune explain', { text: `acme.${taught.line}` })
  promote(true)
  await bob.press('Teach me')
  promote(false)
  expect((await bob.submit(taught)).text).toContain(denied)
  expect((await bob.press('Teach me')).text).toContain(denied)
  expect(listTaught(database, guild)).toEqual([])

  promote(true)
  await bob.press('Teach me')
  await bob.submit(taught)
  expect(listTaught(database, guild)).toHaveLength(1)
  promote(false)
  expect((await bob.press('Forget it')).text).toContain(denied)
  expect(listTaught(database, guild)).toHaveLength(1)
  promote(true)
  await bob.press('Forget it')
  promote(false)
  expect((await bob.press('Use it again')).text).toContain(denied)
  expect(listTaught(database, guild)).toEqual([])
})
