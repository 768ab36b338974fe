import { once } from 'node:events'
import { Events, GatewayIntentBits, type Client, type ClientEvents } from 'discord.js'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { startPlayground } from '../../../src/playground/server/playground.ts'
import { bot, clientFor } from './bot.ts'

const go = { name: 'go', description: 'Go' }
const heard = (client: Client, event: keyof ClientEvents) =>
  new Promise<void>((resolve) => client.once(event, () => resolve()))

test('ready at once, with the guild, its channels and its roles', async () => {
  await using here = await bot()
  const guild = here.client.guilds.cache.get(here.playground.ids.guild)
  expect(guild?.name).toBe('Playground')
  expect(guild?.channels.cache.map(({ name }) => name)).toEqual(['training', 'general'])
  expect(guild?.roles.cache.map(({ name }) => name)).toEqual(['@everyone', 'finetune', 'reviewer', 'admin'])
  const members = await guild?.members.fetch({ user: here.playground.ids.bob })
  expect(members?.roles.cache.has(here.playground.ids.reviewer)).toBe(true)
  expect(guild?.members.me?.permissions.bitfield).toBe(
    (await guild?.members.fetchMe({ force: true }))?.permissions.bitfield,
  )
})

test.each([
  ['op 7', (inject: Awaited<ReturnType<typeof startPlayground>>['inject']) => inject.reconnect()],
  ['a dropped socket', (inject) => inject.dropSockets()],
  ['close 4000', (inject) => inject.closeSockets(4000)],
  ['op 9 that can be resumed', (inject) => inject.invalidSession(true)],
])('after %s the session is resumed and what was missed comes again', async (_, break_) => {
  const got: string[] = []
  await using here = await bot({
    commands: [go],
    on: async (interaction) => {
      got.push(interaction.id)
      if (interaction.isChatInputCommand()) await interaction.reply('here')
    },
  })
  const resumed = heard(here.client, Events.ShardResume)
  const disconnected = heard(here.client, Events.ShardReconnecting)
  break_(here.playground.inject)
  await disconnected
  const screen = await here.playground.as('alice').command('go')
  await resumed
  expect(screen.text).toContain('here')
  expect(got).toHaveLength(1)
})

test.each([
  [
    'op 9 that cannot be resumed',
    (inject: Awaited<ReturnType<typeof startPlayground>>['inject']) => inject.invalidSession(false),
  ],
  ['close 1000', (inject) => inject.closeSockets(1000)],
])('after %s the bot identifies anew', async (_, break_) => {
  await using here = await bot({ commands: [go], on: async (one) => one.isChatInputCommand() && one.reply('here') })
  const ready = heard(here.client, Events.ShardReady)
  break_(here.playground.inject)
  await ready
  expect((await here.playground.as('alice').command('go')).text).toContain('here')
})

test('a server that is away and comes back', async () => {
  await using here = await bot({ commands: [go], on: async (one) => one.isChatInputCommand() && one.reply('here') })
  await here.playground.inject.unreachable(true)
  await expect(fetch(here.playground.url)).rejects.toThrow()
  const back = heard(here.client, Events.ShardReady)
  const resumed = heard(here.client, Events.ShardResume)
  await here.playground.inject.unreachable(false)
  await Promise.race([back, resumed])
  expect((await here.playground.as('alice').command('go')).text).toContain('here')
})

test('missing heartbeat acks make the client come back', async () => {
  await using here = await bot({ playground: { heartbeatMs: 150 } })
  const resumed = heard(here.client, Events.ShardResume)
  here.playground.inject.acknowledgeHeartbeats(false)
  setTimeout(() => here.playground.inject.acknowledgeHeartbeats(true), 500)
  await resumed
})

test('a wrong token and an intent that was not given are refused', async () => {
  const playground = await startPlayground()
  const client = clientFor(playground)
  await expect(client.login('a.b.c')).rejects.toThrow()
  await client.destroy()
  const greedy = clientFor(playground, { intents: [GatewayIntentBits.Guilds, GatewayIntentBits.MessageContent] })
  await expect(greedy.login(playground.token)).rejects.toThrow('disallowed intents')
  await greedy.destroy()
  await playground.close()
})

test('messages come with their intent; their content is read with MessageContent or a mention', async () => {
  const told = async (intents: GatewayIntentBits[], privilegedIntents = 0) => {
    const got: string[] = []
    await using here = await bot({ client: { intents }, playground: { privilegedIntents } })
    here.client.on(Events.MessageCreate, ({ content }) => got.push(content))
    here.playground.as('alice').send('hello')
    here.playground.as('alice').send(`<@${here.playground.ids.bot}> hi`)
    const last = heard(here.client, Events.ThreadCreate)
    const channel = here.client.channels.cache.get(here.playground.ids.training)
    if (channel?.isTextBased() === true && 'threads' in channel) await channel.threads.create({ name: 'last' })
    await last
    return got.slice(0, 2).map((text) => text.replace(/<@\d+>/, '@bot'))
  }
  const { Guilds, GuildMessages, MessageContent } = GatewayIntentBits
  expect(await told([Guilds])).toEqual([])
  expect(await told([Guilds, GuildMessages])).toEqual(['', '@bot hi'])
  expect(await told([Guilds, GuildMessages, MessageContent], MessageContent)).toEqual(['hello', '@bot hi'])
})

test('what a bot must not say closes its socket with the code that says why', async () => {
  const playground = await startPlayground()
  const closed = async (...said: unknown[]) => {
    const socket = new WebSocket(`${playground.url.replace('http', 'ws')}/gateway?v=10&encoding=json`)
    await once(socket, 'open')
    for (const one of said) socket.send(typeof one === 'string' ? one : JSON.stringify(one))
    const [code] = (await once(socket, 'close')) as [number]
    return code
  }
  const identify = { op: 2, d: { token: playground.token, intents: 1 } }
  expect(await closed('{')).toBe(4002)
  expect(await closed('x'.repeat(5000))).toBe(4002)
  expect(await closed({ op: 99 })).toBe(4001)
  expect(await closed({ op: 3, d: {} })).toBe(4003)
  expect(await closed(identify, identify)).toBe(4005)
  expect(await closed({ op: 2, d: { token: 'x', intents: 1 } })).toBe(4004)
  expect(await closed({ op: 2, d: { token: playground.token, intents: 2 ** 30 } })).toBe(4013)
  expect(await closed(...Array<object>(121).fill({ op: 1, d: null }))).toBe(4008)
  await playground.close()
})
