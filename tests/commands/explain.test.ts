import { ChannelType, PermissionFlagsBits, type TextChannel } from 'discord.js'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openWorld, type World } from '../bot/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.clear())

const as = (name: 'alice' | 'bob' | 'root') => world.discord.as(name)
const RENAMED = "TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'"
const UNKNOWN = `Traceback (most recent call last):
  File "/home/ann/lab/train.py", line 21, in main
    tokenizer = load()
  File "/usr/lib/python3.11/site-packages/acme/seat.py", line 9, in load
    raise LicenceError(host)
acme.LicenceError: no seat left on lic01

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/home/ann/lab/train.py", line 99, in <module>
    main()
SystemExit: 3`
const TAUGHT = {
  title: 'The licence server is down',
  line: 'LicenceError: no seat left on lic01',
  why: 'The tokenizer asks lic01 for a seat.',
  remedy: 'Ask @everyone to [restart](https://evil.example) lic01.',
}
const link = (channel: string, message: string, guild = world.discord.ids.guild) =>
  `https://discord.com/channels/${guild}/${channel}/${message}`

/** What somebody writes and the bot may read: Discord shows it the messages that mention it. */
const toBot = (text: string) => `<@${world.discord.ids.bot}>\n${text}`

async function post(channel: string, content: string): Promise<string> {
  const found = (await world.bot.client.channels.fetch(channel)) as TextChannel
  return (await found.send(content)).id
}

test('the first cause of a chained traceback, the own frame, and that it is not known', async () => {
  const { text, ephemeral } = await as('alice').command('finetune explain', { text: UNKNOWN })
  expect(text).toContain('The cause is not known')
  expect(text).toContain('acme.LicenceError: no seat left on lic01')
  expect(text).toContain('in `lab/train.py:21 in main`')
  expect(text).not.toContain('SystemExit')
  expect(ephemeral).toBe(false)
})

test('teach me: whoever manages the server teaches it, the card says it, and the next text is explained', async () => {
  await as('alice').command('finetune explain', { text: UNKNOWN })
  const refused = await as('alice').press('Teach me')
  expect(refused.text).toContain('Only somebody who manages the server can do that.')
  expect(refused.ephemeral).toBe(true)

  await as('root').press('Teach me')
  expect(as('root').modal()?.text).toContain('acme.LicenceError: no seat left on lic01')
  await as('root').submit(TAUGHT)
  await as('root').waitFor(/only you can see this[\s\S]*Learned as HERE-1/)
  // The card that asked now answers.
  const screen = await as('alice').waitFor(/HERE-1 · taught by @Root/)
  expect(screen).not.toContain('The cause is not known')
  expect(screen).toContain('**1.** Ask @\u2060everyone to \\[restart\\]\\(https://evil.example) lic01.')

  const again = await as('bob').command('finetune explain', { text: `[rank1]: ${UNKNOWN}` })
  expect(again.text).toContain('### The licence server is down')
  expect(again.text).toContain('HERE-1 · lab/train.py:21 in main · taught by @Root')
  expect((await as('bob').command('finetune taught')).text).toContain('HERE-1 **The licence server is down** · @Root')
})

test('what would be wrong to learn is refused with the reason, and what was written is given back', async () => {
  await as('alice').command('finetune explain', { text: UNKNOWN })
  await as('root').press('Teach me')
  const { text, ephemeral } = await as('root').submit({ ...TAUGHT, line: 'Traceback (most recent call last):' })
  expect(text).toContain('That was not learned')
  expect(text).toMatch(/says too little|every kind/)
  expect(text).toContain(TAUGHT.why)
  expect(ephemeral).toBe(true)
  expect(as('alice').screen()).toContain('The cause is not known')
  expect((await as('root').command('finetune taught')).text).toContain('Nothing is taught on this server.')
})

test('what was taught can be forgotten, and taken up again', async () => {
  await as('alice').command('finetune explain', { text: UNKNOWN })
  await as('root').press('Teach me')
  await as('root').submit(TAUGHT)
  await as('alice').waitFor(/HERE-1/)
  expect((await as('alice').press('Forget it')).text).toContain('Only somebody who manages the server')
  expect((await as('root').press('Forget it')).text).toContain('HERE-1 **The licence server is down** is forgotten')
  expect((await as('alice').command('finetune explain', { text: UNKNOWN })).text).toContain('The cause is not known')
  expect((await as('root').press('Use it again')).text).toContain('HERE-1 is used again')
  expect((await as('alice').command('finetune explain', { text: UNKNOWN })).text).toContain('HERE-1')
})

test('this is wrong: written down, shown with the same text, and taken back', async () => {
  await as('alice').command('finetune explain', { text: RENAMED })
  const { text, ephemeral } = await as('bob').press('This is wrong')
  expect(text).toContain('It is written down that `FT-ARG-EVAL-STRATEGY` is wrong here')
  expect(ephemeral).toBe(true)
  await as('bob').press('This is wrong')
  const row = world.context.database
    .prepare('SELECT code, line, text_hash, person FROM objections JOIN answers ON answers.id = answer_id')
    .all()
  expect(row).toEqual([
    {
      code: 'FT-ARG-EVAL-STRATEGY',
      line: RENAMED,
      text_hash: expect.stringMatching(/^[\da-f]{64}$/) as string,
      person: world.discord.ids.bob,
    },
  ])
  expect((await as('alice').command('finetune explain', { text: RENAMED })).text).toContain(
    '⚠ @Bob said that this answer is wrong',
  )
  expect((await as('bob').press('Take it back')).text).toContain('Taken back')
  expect((await as('alice').command('finetune explain', { text: RENAMED })).text).not.toContain('is wrong\n')
})

test('a link to a message of this channel is explained for all, one of another channel for the person alone', async () => {
  const { training, general } = world.discord.ids
  const here = await as('alice').command('finetune explain', {
    message: link(training, as('bob').send(toBot(RENAMED)).id),
  })
  expect(here.text).toContain('FT-ARG-EVAL-STRATEGY')
  expect(here.ephemeral).toBe(false)
  const message = link(general, as('bob').send(toBot(RENAMED), general).id)
  for (const options of [{ message }, { text: ` <${message}> ` }]) {
    const other = await as('alice').command('finetune explain', options)
    expect(other.text).toContain('FT-ARG-EVAL-STRATEGY')
    expect(other.ephemeral).toBe(true)
  }
})

test('nobody reads through the bot what they may not see', async () => {
  const channel = (await world.bot.client.channels.fetch(world.discord.ids.training)) as TextChannel
  const secret = await channel.threads.create({ name: 'secret', type: ChannelType.PrivateThread })
  const message = link(secret.id, await post(secret.id, RENAMED))
  const refused = await as('alice').command('finetune explain', { message })
  expect(refused.text).toContain('leads to no message of this server that you can see')
  expect(refused.text).not.toContain('FT-ARG')
  await secret.members.add(world.discord.ids.alice)
  expect((await as('alice').command('finetune explain', { message })).text).toContain('FT-ARG-EVAL-STRATEGY')
})

test('what the bot may not read is said', async () => {
  const { general } = world.discord.ids
  const message = link(general, as('bob').send(toBot(RENAMED), general).id)
  world.discord.inject.revoke(general, PermissionFlagsBits.ReadMessageHistory)
  expect((await as('alice').command('finetune explain', { message })).text).toContain('I may not read #general')
})

test.each([
  [
    'another server',
    () => link(world.discord.ids.training, '123456789012345678', '123456789012345678'),
    /no message of this server/,
  ],
  ['no such channel', () => link('123456789012345678', '123456789012345678'), /no message of this server/],
  [
    'no such message',
    () => link(world.discord.ids.training, '123456789012345678'),
    /There is no such message in #training/,
  ],
  ['not a link', () => 'https://example.org/x', /`message` takes the link of a message/],
])('a link that leads nowhere: %s', async (_, message, said) => {
  const answered = await as('alice').command('finetune explain', { message: message() })
  expect(answered.text).toMatch(said)
  expect(answered.text).not.toContain('FT-')
  expect(answered.ephemeral, 'all see that it came to nothing').toBe(true)
})

test('a message of this channel that Discord shows the bot without its text is refused in private, with the way out', async () => {
  const message = link(world.discord.ids.training, as('bob').send(RENAMED).id)
  const { text, ephemeral } = await as('alice').command('finetune explain', { message })
  expect(text).toContain('Discord shows me that message without its text.')
  expect(text).toContain('Explain this error')
  expect(ephemeral).toBe(true)
})

test('an answer of another server cannot be pressed', async () => {
  await as('alice').command('finetune explain', { text: UNKNOWN })
  world.context.database.prepare("UPDATE answers SET guild_id = 'another'").run()
  expect((await as('root').press('Teach me')).text).toContain('That answer is not in the record of this server.')
})
