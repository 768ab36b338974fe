import { afterEach, beforeEach, expect, test } from 'vitest'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TABLE } from '../../commands/index.ts'
import { commandDefinitions, registerCommands } from '../../src/bot/register.ts'
import { getRun, listRuns } from '../../storage/runs.ts'
import { draft, openWorld, TINY, type World } from '../bot/world.ts'

let world: World
beforeEach(async () => {
  world = await openWorld()
})
afterEach(() => world.clear())

const alice = () => world.discord.as('alice')
const RENAMED = "TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'"

async function finished(options: Record<string, string> = {}): Promise<void> {
  await draft(world, options)
  await alice().press('Launch')
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  // The channel line is first; the card with its buttons stands in the thread.
  await alice().waitFor(/#1 [^\n]* finished/, { timeout: 20_000 })
}

test('every command fits into what Discord takes', () => {
  for (const definition of commandDefinitions(TABLE)) {
    const said = JSON.stringify(definition).match(/"(?:name|description|value)":"[^"]*"/g) ?? []
    expect(said.reduce((sum, pair) => sum + pair.length, 0)).toBeLessThan(8000)
  }
})

test('the commands are told again only when they have changed', async () => {
  const { client, context } = world.bot
  const told = (table = TABLE) =>
    registerCommands({
      rest: client.rest,
      config: context.config,
      application_id: client.application.id,
      guild_id: world.discord.ids.guild,
      table,
    })
  expect(await told()).toBe(false)
  expect(await told({ ...TABLE, messageCommands: [] })).toBe(true)
  expect(await told()).toBe(true)
  // Somebody took them away behind our back.
  await client.application.commands.set([], world.discord.ids.guild)
  expect(await told()).toBe(true)
  expect(await told()).toBe(false)
})

test('start: the defaults are the built-in encoder and e-mails; what is given wins', async () => {
  await alice().command('finetune start')
  expect(getRun(world.context.database, 1).spec).toMatchObject({ model: 'builtin/encoder', dataset: 'builtin/emails' })
  await alice().command('finetune start', { dataset: TINY, args: 'lr 3e-5, 4 epochs, tokens 64' })
  expect(getRun(world.context.database, 2).spec.args).toMatchObject({
    learning_rate: 3e-5,
    num_train_epochs: 4,
    max_length: 64,
  })
})

test('start like a run takes everything from it that is not given', async () => {
  await draft(world, { args: 'lr 3e-5, 4 epochs' })
  await alice().command('finetune start', { like: '#1', args: '2 epochs' })
  const { spec, parent_id } = getRun(world.context.database, 2)
  expect(spec.dataset).toBe(TINY)
  expect(spec.args).toMatchObject({ learning_rate: 3e-5, num_train_epochs: 2 })
  expect(parent_id).toBe(1)
})

test('words that are not understood are listed, and Launch waits for them', async () => {
  const { text, message } = await alice().command('finetune start', {
    dataset: TINY,
    args: 'evaluation_strategy epoch, lernrate 3',
  })
  expect(text).toContain('`evaluation_strategy` → `eval_strategy` (renamed in transformers 4.46)')
  expect(text).toContain('✗ `lernrate 3` was not understood.')
  expect(
    alice()
      .buttons(String(message))
      .find(({ label }) => label === 'Launch')?.disabled,
  ).toBe(true)
})

test('an offer of a draft is taken by its button, and a draft is checked again after its file was mended', async () => {
  const { datasetsFolder } = world.context.config
  await alice().command('finetune start', { dataset: TINY, args: 'warmup_steps 500, lernrate 3' })
  await alice().waitFor(/`warmup_steps` 500 is longer than the run/, { timeout: 20_000 })
  expect((await world.discord.as('bob').press('Take warmup_steps 0.1')).text).toContain("Run #1 is @Alice's")
  await alice().press('Take warmup_steps 0.1')
  await alice().waitFor(/warmup_steps\*{0,2} `0\.1`/, { timeout: 20_000 })
  expect(getRun(world.context.database, 1).spec.args.warmup_steps).toBe(0.1)
  // What was not understood still is not.
  expect(await alice().waitFor(/✓ \d+ steps/, { timeout: 20_000 })).toContain('✗ `lernrate 3` was not understood.')
  await alice().press('Discard')

  await alice().command('finetune start', { dataset: 'late.csv' })
  await alice().waitFor(/There is no dataset `late\.csv`/, { timeout: 20_000 })
  writeFileSync(join(datasetsFolder, 'late.csv'), 'text,label\na,x\nb,y\nc,x\nd,y\ne,x\nf,y\n')
  await alice().press('Check again')
  await alice().waitFor(/✓ columns `text`, `label` found, labels x \/ y/, { timeout: 20_000 })
  expect(alice().screen()).not.toContain('There is no dataset `late.csv`')
})

test('autocomplete: built in, files of the folder, used before; nothing hidden', async () => {
  const { datasetsFolder, modelsFolder } = world.context.config
  mkdirSync(join(datasetsFolder, 'deep'), { recursive: true })
  for (const name of ['deep/more.jsonl', '.hidden.csv', 'notes.pdf']) writeFileSync(join(datasetsFolder, name), '')
  mkdirSync(join(modelsFolder, 'team/mine'), { recursive: true })
  writeFileSync(join(modelsFolder, 'team/mine/config.json'), '{}')
  const of = async (focused: string, typed = '') =>
    (await alice().autocomplete('finetune start', { [focused]: typed }, focused)).map(({ value }) => value)
  expect((await of('dataset')).slice(0, 4)).toEqual(['builtin/emails', 'deep/more.jsonl', TINY, 'stanfordnlp/imdb'])
  expect(await of('dataset', 'TINY')).toEqual([TINY])
  // Discord takes 25.
  for (let i = 0; i < 30; i++) writeFileSync(join(datasetsFolder, `many-${i}.csv`), '')
  expect(await of('dataset', 'many')).toHaveLength(25)
  const models = await of('model')
  expect(models.slice(0, 3)).toEqual(['builtin/encoder', 'team/mine', 'distilbert/distilbert-base-uncased'])
  expect(models.length).toBeLessThanOrEqual(25)
  expect(await of('like')).toEqual([])
  await draft(world)
  expect(await of('like', '#1')).toEqual(['1'])
  expect(await of('like', 'tiny')).toEqual(['1'])
  expect(await of('like', 'nothing')).toEqual([])
})

test.each(['#99', '99', 'abc', '#1; DROP TABLE runs', '1e3'])('a run that was typed, not chosen: %s', async (run) => {
  const { text, ephemeral } = await alice().command('finetune show', { run })
  expect(text).toMatch(/There is no run|Expected a run/)
  expect(ephemeral).toBe(true)
})

test('edit: five fields, what is taken out goes back to its default, what does not fit is said', async () => {
  await draft(world, { args: 'seed 7' })
  await alice().press('Edit')
  expect(alice().modal()?.text).toContain('seed 7')
  await alice().submit({ num_train_epochs: '3', learning_rate: '2e-5', 'Everything else': 'weight_decay 0.5' })
  await alice().waitFor(/\*\*weight_decay\*\* `0\.5`/, { timeout: 20_000 })
  expect(getRun(world.context.database, 1).spec.args).toMatchObject({
    num_train_epochs: 3,
    learning_rate: 2e-5,
    weight_decay: 0.5,
    seed: 42,
    eval_strategy: 'no',
  })
  await alice().press('Edit')
  await alice().submit({ learning_rate: '5', max_length: '64' })
  const screen = await alice().waitFor(/`learning_rate` takes a number above 0 and at most 1/, { timeout: 20_000 })
  expect(screen).toContain('[Launch] (disabled)')
  expect(getRun(world.context.database, 1).spec.args).toMatchObject({ learning_rate: 2e-5, max_length: 64 })
  // Mended, Launch is there again.
  await alice().press('Edit')
  await alice().submit({ learning_rate: '1e-4' })
  await alice().waitFor((now) => /\[Launch\](?! \(disabled\))/.test(now))
})

test('a run that was launched cannot be edited', async () => {
  await draft(world)
  await alice().press('Edit')
  await world.discord.as('root').press('Launch')
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  const { text } = await alice().submit({ learning_rate: '1e-4' })
  expect(text).toContain('only a draft can be edited')
})

test('python shows the run as a script', async () => {
  await draft(world)
  const { text, ephemeral } = await alice().press('Python')
  expect(text).toContain('from transformers import (')
  expect(text).toContain('eval_strategy="epoch"')
  expect(ephemeral).toBe(true)
})

test('list, show, status, help: for the person alone', async () => {
  await finished()
  const list = await alice().command('finetune list')
  expect(list.text).toContain('✓ **#1 encoder on tiny.csv** · 0.950')
  expect((await alice().command('finetune list', { state: 'failed' })).text).toContain('No runs that are failed.')
  expect((await alice().command('finetune list', { person: world.discord.ids.bob })).text).toContain(
    'No runs here by @Bob.',
  )
  await alice().command('finetune list')
  const shown = await alice().select('Show a run', '1')
  expect(shown.text).toContain('Who did what')
  expect(shown.text).toMatch(/step +loss +acc +f1\n10 /)
  expect((await alice().command('finetune status', { run: '#1' })).text).toContain('completed at step 20/20')
  expect((await alice().command('finetune status')).text).toContain('Nothing runs or waits here.')
  expect((await alice().command('finetune help')).text).toContain('`/finetune start`')
  // One message for all, whatever was asked.
  expect(world.discord.as('bob').messages()).toHaveLength(1)
})

test('explain: text, file, form and the menu of a message', async () => {
  const answered = await alice().command('finetune explain', { text: RENAMED })
  expect(answered.text).toContain('FT-ARG')
  expect(answered.ephemeral).toBe(false)

  const file = { name: 'train.log', type: 'text/plain', bytes: Buffer.from(RENAMED) }
  expect((await alice().command('finetune explain', {}, null, { file })).text).toContain('FT-ARG')

  await alice().command('finetune explain')
  expect((await alice().submit({ text: RENAMED })).text).toContain('FT-ARG')

  const sent = world.discord.as('bob').send(`help!\n\`\`\`\n${RENAMED}\n\`\`\``)
  expect((await alice().messageCommand(sent.id, 'Explain this error')).text).toContain('FT-ARG')
})

test('explain: what is not known is said, secrets are not repeated', async () => {
  const { text } = await alice().command('finetune explain', {
    text: 'QuantumError: token=hf_abcdefghijklmnopqrstuvwxyz0123',
  })
  expect(text).toContain('The cause is not known')
  expect(text).not.toContain('hf_abcdefghijklmnop')
  const empty = world.discord.as('bob').send('  .  ')
  expect((await alice().messageCommand(empty.id, 'Explain this error')).text).toContain('No error was found')
})

test('explain: a file that is no text', async () => {
  const file = { name: 'model.bin', type: 'application/octet-stream', bytes: Buffer.from([1, 0, 2]) }
  await alice().command('finetune explain', {}, null, { file })
  await alice().waitFor(/`model\.bin` is not a text file/, { timeout: 20_000 })
})

test('predict asks for a run that has a model', async () => {
  await draft(world)
  const { text, ephemeral } = await alice().command('finetune predict', { run: '1', text: 'hello' })
  expect(text).toContain('#1 is draft, so it has no model yet.')
  expect(ephemeral).toBe(true)
})

test('run again: pressed twice it is one draft, and it is of the one who pressed', async () => {
  await finished()
  const bob = world.discord.as('bob')
  await Promise.all([bob.press('Run again'), bob.press('Run again')])
  expect(listRuns(world.context.database).map(({ id, created_by }) => ({ id, created_by }))).toEqual([
    { id: 2, created_by: world.discord.ids.bob },
    { id: 1, created_by: world.discord.ids.alice },
  ])
  await bob.waitFor(/Draft #2 encoder on tiny\.csv[\s\S]*for @Bob · after #1/, { timeout: 20_000 })
})
