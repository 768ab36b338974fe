import { once } from 'node:events'
import { MessageFlags } from 'discord.js'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import type { Answer, FromServer, Notice, State, Verb } from '../../../src/playground/protocol.ts'
import { bot } from './bot.ts'

/** A page without the page. */
async function page(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/client`, { origin: url })
  const notices: Notice[] = []
  const waiting = new Map<number, (answer: Answer) => void>()
  let state: State | null = null
  let id = 0
  socket.on('message', (data: Buffer) => {
    const said = JSON.parse(data.toString()) as FromServer
    if (said.say === 'answer') return waiting.get(said.id)?.(said)
    notices.push(said)
    if (said.say === 'state') state = said.state
  })
  await once(socket, 'open')
  await expect.poll(() => state).not.toBeNull()
  return {
    socket,
    notices,
    state: () => state,
    ask: (verb: Verb | object) =>
      new Promise<Answer>((resolve) => {
        waiting.set(++id, resolve)
        socket.send(JSON.stringify({ ...verb, id }))
      }),
  }
}

async function world() {
  return bot({
    commands: [{ name: 'go', description: 'Go', options: [{ type: 11, name: 'file', description: 'File' }] }],
    on: async (interaction) => {
      if (!interaction.isChatInputCommand()) return
      const file = interaction.options.getAttachment('file')
      await interaction.reply({ content: `got ${file?.name} ${file?.size}`, flags: MessageFlags.Ephemeral })
    },
  })
}

test('a page gets the state, then what happens; ephemeral messages only as their person', async () => {
  await using here = await world()
  const { ids, url } = here.playground
  const [alice, bob] = [await page(url), await page(url)]
  expect(alice.state()?.people.map(({ user, about }) => `${user.global_name}: ${about}`)).toEqual([
    'Alice: member',
    'Bob: reviewer',
    'Root: manages the server',
  ])
  expect(alice.state()?.bots).toMatchObject([{ online: true }])
  expect(alice.state()?.commands.map(({ name }) => name)).toEqual(['go'])
  expect(await bob.ask({ do: 'be', user: ids.bob })).toMatchObject({ ok: true })
  expect(bob.state()?.me).toBe(ids.bob)

  const log = { name: 'colab.log', url: 'data:text/plain,Traceback' }
  const sent = await bob.ask({ do: 'send', channel: ids.training, content: 'hello', files: [log] })
  expect(sent).toMatchObject({ ok: true })
  expect(here.playground.as('alice').messages()[0]?.attachments).toMatchObject([{ filename: 'colab.log', size: 9 }])
  const files = { file: { name: 'a.csv', url: `data:text/csv;base64,${Buffer.from('a,b').toString('base64')}` } }
  const answer = await alice.ask({ do: 'command', channel: ids.training, command: 'go', options: {}, files })
  expect(answer.ok).toBe(true)
  // Whatever bob was told of it has come by the time he is answered.
  await bob.ask({ do: 'close modal', modal: '1' })
  const contents = ({ notices }: typeof alice) =>
    notices.flatMap((one) => (one.say === 'message' ? [one.message.content] : []))
  expect(contents(alice)).toEqual(['hello', 'got a.csv 3'])
  expect(contents(bob)).toEqual(['hello'])

  const again = await page(url)
  expect(again.state()?.messages[ids.training]).toHaveLength(2)
  const id = again.state()?.messages[ids.training]?.at(-1)?.id ?? ''
  expect(await again.ask({ do: 'dismiss', channel: ids.training, message: id })).toMatchObject({ ok: true })
  await expect.poll(() => alice.notices.at(-1)).toMatchObject({ say: 'message gone', message: id })
  for (const one of [alice, bob, again]) one.socket.terminate()
})

test.each<[string, object | string]>([
  ['no JSON', '{'],
  ['an unknown verb', { do: 'fly' }],
  ['a missing field', { do: 'send', channel: 'x' }],
  ['a channel that is not there', { do: 'send', channel: '1', content: 'x' }],
  ['a person that is not there', { do: 'be', user: '1' }],
  ['a bot as a person', { do: 'be', user: 'bot' }],
  ['a message that is not there', { do: 'press', channel: '1', message: '1', custom_id: 'x' }],
  ['a modal that is not open', { do: 'submit', modal: '1', values: {} }],
  [
    'a file that is no data URL',
    { do: 'command', channel: '1', command: 'go', options: {}, files: { file: { name: 'a', url: 'https://a.b' } } },
  ],
])('%s is answered with an error, and the page goes on', async (_, verb) => {
  await using here = await world()
  const one = await page(here.playground.url)
  if (typeof verb === 'string') {
    one.socket.send(verb)
  } else {
    expect(
      await one.ask({ ...verb, ...('user' in verb && verb.user === 'bot' ? { user: here.playground.ids.bot } : {}) }),
    ).toMatchObject({ ok: false })
  }
  expect(await one.ask({ do: 'send', channel: here.playground.ids.training, content: 'still here' })).toMatchObject({
    ok: true,
  })
  one.socket.terminate()
})

test('a bot that goes is seen to go', async () => {
  await using here = await world()
  const one = await page(here.playground.url)
  await here.client.destroy()
  await expect.poll(() => one.notices.at(-1)).toMatchObject({ say: 'bot', online: false })
  one.socket.terminate()
})
