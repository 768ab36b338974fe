import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { openWorld, type World } from '../bot/world.ts'
import { readView } from '../../storage/events.ts'
import { getRun } from '../../storage/runs.ts'
import { RUN_FOLDER } from '../../src/run/run-file.ts'
import { CANARY, hubRoom } from './room.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
const { hub, cacheFolder } = await hubRoom({ reviews: 300 })
const onHub = { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_HUB_CACHE: cacheFolder, HF_TOKEN: CANARY }
const SHORT = 'tokens 16, max_steps 2, train_rows 32, eval_rows 8, eval_strategy no, save_strategy no'

let world: World
afterEach(() => world.clear())
const alice = () => world.discord.as('alice')
const open = async (config: Record<string, string> = {}) => {
  world = await openWorld({
    engineCommand: { command: process.execPath, args: [FINETUNE, 'train'] },
    config: { ...onHub, ...config },
  })
}
const run = (id = 1) => getRun(world.context.database, id)

test('/finetune start model:distilbert-base-uncased dataset:imdb, to the end, and what it leaves behind', async () => {
  await open()
  await alice().command('finetune start', { model: 'distilbert-base-uncased', dataset: 'imdb', args: SHORT })
  const draft = await alice().waitFor(/2 steps, no evaluation/, { timeout: 20_000 })
  expect(draft).toMatch(/model `distilbert\/distilbert-base-uncased` at `[0-9a-f]{7}`/)
  const { spec } = run()
  expect(spec).toMatchObject({
    model: 'distilbert/distilbert-base-uncased',
    dataset: 'stanfordnlp/imdb',
    dataset_config_name: 'plain_text',
  })
  for (const revision of [spec.model_revision, spec.dataset_revision]) expect(revision).toMatch(/^[0-9a-f]{40}$/)

  await alice().press('Launch')
  await alice().waitFor(/#1 distilbert-base-uncased on imdb finished/, { timeout: 60_000 })
  expect(run().spec).toEqual(spec)
  expect(readView(world.context.database, 1).hub).toMatchObject({
    model: { name: spec.model, revision: spec.model_revision },
    dataset: { name: spec.dataset, revision: spec.dataset_revision, config_name: 'plain_text' },
  })

  // The token was there to be found, and is in nothing that stays or is seen.
  expect(hub.seen.some(({ signed }) => signed)).toBe(true)
  const folder = String(run().folder)
  for (const file of [RUN_FOLDER.run, RUN_FOLDER.events, RUN_FOLDER.log, RUN_FOLDER.started]) {
    expect(readFileSync(join(folder, file), 'utf8'), file).not.toContain(CANARY)
  }
  expect(alice().screen()).not.toContain(CANARY)
  expect(JSON.stringify(world.complaints)).not.toContain(CANARY)
})

test('IMDb starts with the rows of the tutorials', async () => {
  await open()
  await alice().command('finetune start', { model: 'distilbert-base-uncased', dataset: 'imdb' })
  expect(run().spec.args).toMatchObject({ shuffle_seed: 42, max_train_samples: 2000, max_eval_samples: 500 })
})

test('what is named again stays at its commits; what is named anew does not', async () => {
  await open()
  await alice().command('finetune start', { model: 'finetune/encoder', dataset: 'imdb', args: SHORT })
  await alice().waitFor(/2 steps/, { timeout: 20_000 })
  await alice().command('finetune start', { like: '1', dataset: 'finetune/emails' })
  const { spec } = run(2)
  expect(spec).toMatchObject({ model: run().spec.model, model_revision: run().spec.model_revision })
  expect(spec.dataset_revision).toBeUndefined()
  expect(spec.dataset_config_name).toBeUndefined()
  await alice().command('finetune start', {
    model: `finetune/encoder@${String(run().spec.model_revision)}`,
    dataset: 'a@b.csv',
  })
  expect(run(3).spec).toMatchObject({ model: 'finetune/encoder', model_revision: run().spec.model_revision })
  expect(run(3).spec.dataset).toBe('a@b.csv')
})

test('names are offered as they are typed: what is here first, then the Hub, and in time', async () => {
  await open()
  const of = (option: string, typed: string, others: Record<string, string> = {}) =>
    alice().autocomplete('finetune start', { ...others, [option]: typed }, option)
  const models = await of('model', '')
  expect(models[0]?.value).toBe('builtin/encoder')
  expect(models.length).toBeLessThanOrEqual(25)
  expect(models.map(({ value }) => value)).toContain('distilbert/distilbert-base-uncased')
  // What cannot be trained is not offered.
  expect(await of('model', 'trouble/unsupported')).toEqual([])
  expect((await of('dataset', 'imdb'))[0]).toMatchObject({
    name: expect.stringMatching(/^stanfordnlp\/imdb · on the Hub( and here)?, 150K downloads$/) as string,
    value: 'stanfordnlp/imdb',
  })
  const began = performance.now()
  await of('dataset', 'imdb')
  expect(performance.now() - began).toBeLessThan(300)
  expect((await of('dataset_config_name', '', { dataset: 'imdb' })).map(({ value }) => value)).toEqual(['plain_text'])
  expect(await of('dataset_config_name', '', { dataset: 'tiny.csv' })).toEqual([])

  const end = hub.addFault({ on: /\/api\/(models|datasets)\?/, fault: { is: 'status', status: 503 } })
  expect((await of('model', 'roberta-l')).map(({ value }) => value)).toEqual(['FacebookAI/roberta-large'])
  end()
})

test('stop while it downloads: the run is cancelled, by whoever pressed it', async () => {
  await open()
  await alice().command('finetune start', { model: 'trouble/slow', dataset: 'finetune/emails', args: SHORT })
  await alice().waitFor(/2 steps/, { timeout: 20_000 })
  await alice().press('Launch')
  await alice().waitFor(/downloading trouble\/slow, MB \d+\/\d+/, { timeout: 30_000 })
  await alice().press('Stop and save')
  await alice().waitFor(/#1 slow on emails cancelled|■ .*#1 slow on emails/, { timeout: 30_000 })
  await expect.poll(() => run().state, { timeout: 20_000 }).toBe('cancelled')
  expect(run().ending).toEqual({ is: 'cancelled', by: world.discord.ids.alice })
})

test('Preview shows the rows of a dataset of the Hub', async () => {
  await open()
  await alice().command('finetune start', { dataset: 'imdb', args: SHORT })
  await alice().waitFor(/2 steps/, { timeout: 20_000 })
  const { text, ephemeral } = await alice().press('Preview')
  expect(ephemeral).toBe(true)
  expect(text).toMatch(/from the Hub at `[0-9a-f]{7}` · configuration `plain_text` · `train` and `test`/)
  expect(text).toMatch(/neg {2}150 {2}50 % {2}█+\npos {2}150 {2}50 %/)
  expect(text).toMatch(/\*\*(neg|pos)\*\*\n> \w+/)
})

test('what was drafted is what is read, although the Hub has moved on since', async () => {
  await open()
  await alice().command('finetune start', { model: 'finetune/encoder', dataset: 'imdb', args: SHORT })
  await alice().waitFor(/2 steps/, { timeout: 20_000 })
  const { model_revision } = run().spec
  const repository = hub.repositories().find(({ name }) => name === 'finetune/encoder')
  const files = (await repository?.commits('main'))?.at(-1)?.files ?? new Map()
  const { id } =
    (await repository?.commit('main', 'another', new Map([...files].filter(([path]) => path !== 'README.md')))) ?? {}
  expect(id).not.toBe(model_revision)

  await alice().press('Launch')
  await alice().waitFor(/#1 encoder on imdb finished/, { timeout: 60_000 })
  expect(readView(world.context.database, 1).hub?.model?.revision).toBe(model_revision)
  const receipt = await alice().press('Receipt')
  expect(receipt.text).toContain(`revision \`${String(model_revision)}\``)
})

test('a model that becomes gated between draft and launch: the card says who must do what', async () => {
  await open()
  await alice().command('finetune start', { model: 'finetune/encoder', dataset: 'imdb', args: SHORT })
  await alice().waitFor(/2 steps/, { timeout: 20_000 })
  const headers = { 'x-error-code': 'GatedRepo', 'x-error-message': 'Access to model finetune/encoder is restricted' }
  const end = hub.addFault({ on: /\/api\/models\/finetune\/encoder/, fault: { is: 'status', status: 403, headers } })
  await alice().press('Launch')
  const screen = await alice().waitFor(/✗ #1 encoder on imdb failed/, { timeout: 60_000 })
  end()
  expect(screen).toContain('FT-HUB-GATED')
  expect(screen).toMatch(/The person whose account the token from HF_TOKEN belongs to accepts them at http/)
})
