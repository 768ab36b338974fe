import { type DiscordAPIError, RESTEvents, type TextChannel } from 'discord.js'
import { expect, test } from 'vitest'
import { bot, type BotOptions } from './bot.ts'

async function world(options: BotOptions = {}) {
  const here = await bot(options)
  const training = here.client.channels.cache.get(here.playground.ids.training) as TextChannel
  return { ...here, training, [Symbol.asyncDispose]: here[Symbol.asyncDispose] }
}
const POST = 'POST /channels/:channel/messages'

test.each(['user', 'shared', 'global'] as const)('429 (%s): the client waits as long as it is told', async (scope) => {
  await using here = await world()
  here.playground.inject.rateLimit({ route: POST, scope, retryAfterMs: 60, times: 2 })
  await here.training.send('x')
  const sent = here.playground.log.of(POST)
  expect(sent.map(({ status }) => status)).toEqual([429, 429, 200])
  expect((sent[2]?.at ?? 0) - (sent[0]?.at ?? 0)).toBeGreaterThanOrEqual(100)
})

test('5xx: four tries, then an error', async () => {
  await using here = await world()
  here.playground.inject.serverErrors({ route: POST, times: 3 })
  await here.training.send('x')
  here.playground.inject.serverErrors({ route: POST, times: 4, status: 503 })
  await expect(here.training.send('y')).rejects.toMatchObject({ status: 503 })
  expect(here.playground.as('alice').messages()).toHaveLength(1)
})

test('a reply that is lost: the message is there, and the nonce keeps it single', async () => {
  await using here = await world({ client: { rest: { timeout: 150 } } })
  const { inject } = here.playground
  inject.hang({ route: POST })
  await here.training.send({ content: 'once', nonce: 'a', enforceNonce: true })
  inject.hang({ route: POST })
  await here.training.send({ content: 'twice' })
  expect(
    here.playground
      .as('alice')
      .messages()
      .map(({ content }) => content),
  ).toEqual(['once', 'twice', 'twice'])
  inject.loseReply({ route: POST })
  await here.training.send({ content: 'cut' }).catch(() => undefined)
  expect(here.playground.as('alice').messages().at(-1)?.content).toBe('cut')
})

test('any refusal, and a slow request', async () => {
  await using here = await world()
  here.playground.inject.refuse(
    { status: 403, code: 50013, message: 'Missing Permissions' },
    { route: /^POST .*messages$/ },
  )
  await expect(here.training.send('x')).rejects.toMatchObject({ code: 50013 })
  here.playground.inject.slow(50, { route: POST })
  await here.training.send('x')
  expect(here.playground.log.of(POST).at(-1)?.ms).toBeGreaterThanOrEqual(45)
})

test('an answer that is held back comes too late', async () => {
  const errors: unknown[] = []
  await using here = await world({
    playground: { deadlineMs: 80 },
    commands: [{ name: 'go', description: 'Go' }],
    on: async (interaction) =>
      interaction.isChatInputCommand() && interaction.reply('x').catch((error: unknown) => errors.push(error)),
  })
  here.playground.inject.slow(150, { route: /callback$/ })
  await expect(here.playground.as('alice').command('go')).rejects.toThrow('The application did not respond')
  await expect.poll(() => errors).toMatchObject([{ code: 10062 }])
})

test('a message that is deleted under the bot', async () => {
  await using here = await world()
  const card = await here.training.send('card')
  here.playground.inject.deleteMessage(card.id)
  await expect(card.edit('x')).rejects.toMatchObject({ code: 10008 })
})

test('a route that is missing is named', async () => {
  await using here = await world()
  await expect(here.client.rest.get(`/guilds/${here.playground.ids.guild}/bans`)).rejects.toMatchObject({ status: 404 })
  expect(here.lines).toEqual(['The playground has no route GET /guilds/:guild/bans'])
})

test('without its token nobody is a bot', async () => {
  await using here = await world()
  expect((await fetch(`${here.playground.api}/v10/users/@me`)).status).toBe(401)
  const broken = await fetch(`${here.playground.api}/v10/channels/${here.training.id}/messages`, {
    method: 'POST',
    headers: { authorization: `Bot ${here.playground.token}`, 'content-type': 'application/json' },
    body: '{',
  })
  expect(await broken.json()).toMatchObject({ code: 50109 })
})

test('Discord’s limits: five messages in five seconds, told in headers', async () => {
  await using here = await world({ playground: { rateLimits: true, now: () => 1_800_000_000_000 } })
  const limited: number[] = []
  here.client.rest.on(RESTEvents.RateLimited, ({ retryAfter }) => limited.push(retryAfter))
  const send = () =>
    fetch(`${here.playground.api}/v10/channels/${here.training.id}/messages`, {
      method: 'POST',
      headers: { authorization: `Bot ${here.playground.token}`, 'content-type': 'application/json' },
      body: '{"content":"x"}',
    })
  for (let left = 4; left >= 0; left -= 1)
    expect((await send()).headers.get('x-ratelimit-remaining')).toBe(String(left))
  const over = await send()
  expect([over.status, over.headers.get('retry-after'), over.headers.get('x-ratelimit-scope')]).toEqual([
    429,
    '5',
    'user',
  ])
  here.playground.inject.passTime(5_000)
  expect((await send()).status).toBe(200)
})

test('renaming twice in ten minutes, old edits three in six seconds, fifty of anything in a second', async () => {
  await using here = await world({
    playground: { rateLimits: true, now: () => 1_800_000_000_000 },
    client: { rest: { rejectOnRateLimit: () => true } },
  })
  const { inject, token, api } = here.playground
  const call = async (method: string, path: string, body?: object) => {
    const headers = { authorization: `Bot ${token}`, 'content-type': 'application/json' }
    const response = await fetch(`${api}/v10${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    return {
      status: response.status,
      json: (await response.json()) as { id?: string; code?: number; retry_after?: number },
    }
  }
  const thread = (await call('POST', `/channels/${here.training.id}/threads`, { name: 'a', type: 11 })).json.id ?? ''
  const card = (await call('POST', `/channels/${thread}/messages`, { content: 'card' })).json.id ?? ''
  expect((await call('PATCH', `/channels/${thread}`, { name: 'b' })).status).toBe(200)
  expect((await call('PATCH', `/channels/${thread}`, { name: 'c' })).status).toBe(200)
  expect(await call('PATCH', `/channels/${thread}`, { name: 'd' })).toMatchObject({
    status: 429,
    json: { retry_after: 600 },
  })
  inject.passTime(3_600_001)
  for (let i = 0; i < 3; i += 1)
    expect((await call('PATCH', `/channels/${thread}/messages/${card}`, { content: `${i}` })).status).toBe(200)
  expect(await call('PATCH', `/channels/${thread}/messages/${card}`, { content: 'x' })).toMatchObject({
    status: 429,
    json: { code: 30046 },
  })
  inject.passTime(10_000)
  const many = await Promise.all(Array.from({ length: 51 }, () => call('GET', '/users/@me')))
  expect(many.filter(({ status }) => status === 429)).toHaveLength(1)
})

test('what is said of a failure is what Discord says', async () => {
  await using here = await world()
  const error = await here.client.rest
    .post(`/channels/${here.training.id}/messages`, { body: { content: 'x'.repeat(2001) } })
    .catch((thrown: unknown) => thrown)
  expect((error as DiscordAPIError).rawError).toEqual({
    code: 50035,
    message: 'Invalid Form Body',
    errors: { content: { _errors: [{ code: 'BASE_TYPE_MAX_LENGTH', message: 'Must be 2000 or fewer in length.' }] } },
  })
})
