import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { hubToken } from '../../src/control/hub/token.ts'
import { type LocalHub, startLocalHub } from '../../src/hub/local/local-hub.ts'
import { listSettingsChanges, readSettings } from '../../storage/settings.ts'
import { openWorld, type World } from '../bot/world.ts'
import { canary } from '../setup/canary-search.ts'

const SECRET = 'a key of more than sixteen characters'
const OPERATOR = canary()
const OWN = `${canary()}own`
const READER = `${canary()}reader`

let hub: LocalHub
beforeAll(async () => {
  hub = await startLocalHub({
    accounts: [
      { token: OPERATOR, name: 'operator', role: 'write' },
      { token: OWN, name: 'team-bot', orgs: ['team'], role: 'write' },
      { token: READER, name: 'reader', role: 'read' },
    ],
  })
  return () => hub.close()
})

let world: World
afterEach(() => world.clear())
const open = (config: Record<string, string> = {}) =>
  openWorld({
    config: { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_TOKEN: OPERATOR, FINETUNE_SECRET: SECRET, ...config },
  })
const root = () => world.discord.as('root')
const guild = () => world.discord.ids.guild
const settings = () => readSettings(world.context.database, guild())

async function setToken(token: string): Promise<string> {
  const opener = root().screen().includes('[Replace Hub token]') ? 'Replace Hub token' : 'Set Hub token'
  await root().press(opener)
  return (await root().submit({ Token: token })).text
}

test('only who manages the server sees the settings; whose token it is, and which', async () => {
  world = await open()
  const refused = await world.discord.as('alice').command('finetune settings')
  expect(refused.text).toContain('Only somebody who manages the server can do that.')
  expect(refused.ephemeral).toBe(true)
  const { text, ephemeral } = await root().command('finetune settings')
  expect(ephemeral).toBe(true)
  expect(text).toContain('`operator` · may publish to `operator`')
  expect(text).toContain('with the token of whoever runs the bot')
  expect(text).not.toContain('hf_')
})

test('a token is kept encrypted once the Hub knows it, is used from then on, and goes when it is removed', async () => {
  world = await open()
  await root().command('finetune settings')
  const text = await setToken(OWN)
  expect(text).toContain('The token is `team-bot`’s, and is kept.')
  expect(text).toContain('`team-bot` · may publish to `team-bot`, `team`')
  expect(text).toContain('this server’s own token')
  expect(hubToken(world.context, guild())?.reveal()).toBe(OWN)
  expect(hubToken(world.context, 'another server')?.reveal()).toBe(OPERATOR)
  expect(settings().hub_token).toMatch(/^v1\./)

  // A second one takes its place, after a restart too.
  await world.leave()
  await world.comeBack()
  expect(await setToken(READER)).toContain('`reader` · can only read')
  expect(root().screen()).toContain('The token from this server’s settings can only read.')
  expect(hubToken(world.context, guild())?.reveal()).toBe(READER)

  await root().press('Remove token')
  expect(root().screen()).toContain('Remove the Hub token of `reader` from this server?')
  expect(hubToken(world.context, guild())?.reveal()).toBe(READER)
  await root().press('Keep it')
  await root().press('Remove token')
  await root().press('Remove it')
  expect(root().screen()).toContain('`operator` · may publish')
  expect(hubToken(world.context, guild())?.reveal()).toBe(OPERATOR)
  const audit = listSettingsChanges(world.context.database, { guild_id: guild() })
  expect(audit.map(({ from_value, to_value, actor }) => [from_value, to_value, actor])).toEqual([
    ['reader', null, world.discord.ids.root],
    ['team-bot', 'reader', world.discord.ids.root],
    [null, 'team-bot', world.discord.ids.root],
  ])

  await world.leave()
  const files = readdirSync(world.folder, { recursive: true, encoding: 'utf8' })
  expect(files.length).toBeGreaterThan(3)
  for (const file of files) {
    const bytes = tryRead(join(world.folder, file))
    for (const token of [OWN, READER]) expect(bytes.includes(token), file).toBe(false)
  }
  const said = JSON.stringify([[...world.discord.state.messages.values()].map((of) => [...of.values()])])
  expect(said).not.toMatch(/hf_\w{8}/)
  expect(JSON.stringify(world.complaints)).not.toMatch(/hf_\w{8}/)
})

test.each([
  ['sk-none-of-the-hub', 'What the form holds is no Hub token'],
  ['hf_nobodyknowsthis', 'The Hub does not accept the token from the form'],
])('what is no token of the Hub is not kept: %s', async (token, sentence) => {
  world = await open()
  await root().command('finetune settings')
  await setToken(OWN)
  expect(await setToken(token)).toContain(sentence)
  expect(root().screen()).not.toContain(token)
  expect(hubToken(world.context, guild())?.reveal()).toBe(OWN)
})

test.each([
  [{}, /FINETUNE_SECRET, the key, is not set/],
  [{ FINETUNE_SECRET: 'short' }, /FINETUNE_SECRET is too short; expected at least 16/],
])('without a key the card says what to put into .env: %j', async (config, sentence) => {
  world = await openWorld({ config: { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', ...config } })
  const { text, message } = await root().command('finetune settings')
  expect(text).toMatch(sentence)
  expect(text).toContain('openssl rand -base64 32')
  expect(text).toContain('None: public models and datasets only')
  const button = root()
    .buttons(String(message))
    .find(({ label }) => label === 'Set Hub token')
  expect(button?.disabled).toBe(true)
})

test('another key than the one a token was kept under is said, and the operator’s token is not taken instead', async () => {
  world = await open()
  await root().command('finetune settings')
  await setToken(OWN)
  const { context } = world
  const other = { ...context, config: { ...context.config, secret: `${SECRET}!` } }
  expect(() => hubToken(other, guild())).toThrow(/FINETUNE_SECRET is not what it was kept under/)
})

test.each([
  ['no token at all', { HF_TOKEN: 'sk-none-of-the-hub' }, /What HF_TOKEN holds is no Hub token/],
  ['one that was revoked', { HF_TOKEN: 'hf_nobodyknowsthis' }, /does not accept the token from HF_TOKEN/],
  ['a Hub that is away', { HF_ENDPOINT: 'http://127.0.0.1:9' }, /cannot be reached from this machine/],
])('whose token it is cannot be told: %s; everything else can be set', async (_, config, sentence) => {
  world = await open(config)
  const { text } = await root().command('finetune settings')
  expect(text).toMatch(sentence)
  expect(text).toContain('Not known; the token of whoever runs the bot')
  expect(text).not.toMatch(/sk-none|hf_nobody/)
  await root().select('ft1:publish-approvals:0', '1')
  expect(settings().publish_approvals).toBe(1)
})

test('publishing: role, approvals and visibility are set, kept, and in the audit', async () => {
  world = await open()
  await root().command('finetune settings')
  await root().select('ft1:publish-role:0', 'reviewer')
  await root().select('ft1:publish-approvals:0', '2')
  await root().select('ft1:publish-visibility:0', 'public')
  expect(settings()).toMatchObject({
    publish_role: world.discord.ids.reviewer,
    publish_approvals: 2,
    publish_private: false,
  })
  const screen = root().screen()
  expect(screen).toContain('approvals 0 → 2')
  expect(screen).toContain('new repositories private → public')
  await root().select('ft1:publish-role:0', [])
  expect(settings().publish_role).toBeNull()
})

test('every control asks again whether the person manages the server', async () => {
  world = await open()
  const bob = world.discord.as('bob')
  const member = world.discord.state.members.get(world.discord.ids.bob)
  const { admin } = world.discord.ids
  const promote = (is: boolean) => {
    if (member) member.roles = is ? [admin] : []
  }
  const denied = 'Only somebody who manages the server can do that.'
  promote(true)
  await bob.command('finetune settings')
  await bob.press('Set Hub token')
  promote(false)
  expect((await bob.submit({ Token: OWN })).text).toContain(denied)
  expect((await bob.press('Set Hub token')).text).toContain(denied)
  for (const [select, value] of [
    ['publish-role', 'reviewer'],
    ['publish-approvals', '2'],
    ['publish-visibility', 'public'],
  ] as const) {
    expect((await bob.select(`ft1:${select}:0`, value)).text, select).toContain(denied)
  }
  promote(true)
  await bob.press('Set Hub token')
  await bob.submit({ Token: OWN })
  promote(false)
  expect((await bob.press('Remove token')).text).toContain(denied)
  promote(true)
  await bob.press('Remove token')
  promote(false)
  expect((await bob.press('Remove it')).text).toContain(denied)
  expect((await bob.press('Keep it')).text).toContain(denied)
  expect(settings()).toMatchObject({ hub_account: 'team-bot', publish_role: null, publish_approvals: 0 })
})

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
