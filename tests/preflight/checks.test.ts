import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import type { Context } from '../../src/control/context.ts'
import { hubFacts } from '../../src/control/hub/facts.ts'
import { hubOf } from '../../src/control/hub/hub.ts'
import { localHost } from '../../src/hosts/local.ts'
import { inspectDataset } from '../../src/engine/data/inspect.ts'
import { dueAfterEpoch, dueAfterStep, planOf } from '../../src/engine/plan.ts'
import { runChecks } from '../../src/preflight/checks.ts'
import { evaluations } from '../../src/preflight/steps.ts'
import { brokenRules } from '../../src/diagnosis/argument-rules.ts'
import { type Arguments, DEFAULTS } from '../../src/run/arguments.ts'
import type { Ending } from '../../src/run/ending.ts'
import type { Finding } from '../../src/run/finding.ts'
import { buildSpec } from '../../src/run/spec.ts'
import { appendEvents } from '../../storage/events.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import { transition } from '../../storage/moves.ts'
import { createDraft, type Run } from '../../storage/runs.ts'
import { recordAnswer } from '../../storage/answers.ts'
import { recordFix } from '../../storage/fixes.ts'
import { done } from '../cards/runs.ts'
import { hubRoom } from '../hub/room.ts'

let folder: string
let database: Database
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-preflight-'))
  database = openDatabase(':memory:')
  for (const name of ['datasets', 'models', 'cache']) mkdirSync(join(folder, name))
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

function draft({
  model = 'builtin/encoder',
  dataset = 'data.csv',
  args = {},
  host = 'this machine',
  guild_id = '1',
}: { model?: string; dataset?: string; args?: Partial<Arguments>; host?: string; guild_id?: string } = {}): Run {
  const spec = buildSpec({ model, dataset, args: { eval_strategy: 'epoch', ...args } })
  return createDraft(database, { spec, host, guild_id, channel_id: '2', created_by: '3' })
}

const put = (name: string, content: string) => writeFileSync(join(folder, name), content)
const rows = (count: number, label: (index: number) => string) =>
  `text,label\n${Array.from({ length: count }, (_, index) => `row ${index},${label(index)}`).join('\n')}\n`

async function find(
  run: Run,
  env: Record<string, string> = {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Record<string, Finding>> {
  const findings: Finding[] = []
  const config = readConfig({ FINETUNE_DATA: folder, HF_HUB_OFFLINE: '1', HF_HOME: folder, ...env })
  const log = pino({ level: 'silent' })
  const context: Context = {
    config,
    database,
    log,
    signal,
    host: localHost({ engine: { command: '', args: [] } }),
    changes: new EventEmitter(),
  }
  const folders = { datasets_folder: config.datasetsFolder, cache_folder: config.cacheFolder }
  await runChecks({
    run,
    database,
    config,
    log,
    signal,
    hub: hubFacts(context, '1'),
    inspect: (asked) => inspectDataset({ ...asked, ...folders, reach: { hub: hubOf(context, '1') } }),
    onFinding: (finding) => findings.push(finding),
  })
  return Object.fromEntries(findings.map((finding) => [finding.check, finding]))
}

test('a draft that can run: what was found, in numbers', async () => {
  put(
    'datasets/data.csv',
    rows(100, (index) => (index % 2 ? 'ham' : 'spam')),
  )
  const found = await find(
    draft({ args: { num_train_epochs: 2, per_device_train_batch_size: 16, max_eval_samples: 10 } }),
  )
  expect(Object.values(found).map(({ outcome }) => outcome)).toEqual(['ok', 'ok', 'ok', 'ok'])
  expect(found.dataset?.text).toBe('columns `text`, `label` found, labels ham / spam')
  expect(found.rows?.text).toBe('80 of 80 rows to train, 10 of 20 to evaluate')
  expect(found.steps?.text).toBe('10 steps, evaluation at 5 and 10')
})

test('once nobody waits for it any more, nothing is found', async () => {
  put('datasets/data.csv', rows(10, String))
  expect(await find(draft(), {}, AbortSignal.abort())).toEqual({})
})

test('a dataset that is not there: what there is instead, and nothing is reckoned from it', async () => {
  put('datasets/reviews.csv', rows(10, String))
  const found = await find(draft({ dataset: 'review.csv' }))
  expect(found.dataset).toMatchObject({ outcome: 'failed' })
  expect(found.dataset?.text).toContain('There is no dataset `review.csv`')
  expect(found.dataset?.remedy).toContain('`reviews.csv`')
  expect(found.steps).toBeUndefined()
})

test.each(['../secret.csv', '/etc/passwd', 'link.csv'])(
  'nothing outside of the folder is read: %s',
  async (dataset) => {
    put('secret.csv', rows(10, String))
    symlinkSync(join(folder, 'secret.csv'), join(folder, 'datasets/link.csv'))
    const found = await find(draft({ dataset }))
    expect(found.dataset).toMatchObject({ outcome: 'failed' })
    expect(found.dataset?.text).toContain('outside of the datasets folder')
  },
)

test('one label only is no classification', async () => {
  put(
    'datasets/data.csv',
    rows(20, () => 'ham'),
  )
  const found = await find(draft())
  expect(found.dataset).toMatchObject({ outcome: 'failed' })
  expect(found.dataset?.text).toMatch(/^All 16 training rows of `data.csv` have/)
})

test('a rare label is a warning', async () => {
  put(
    'datasets/data.csv',
    rows(200, (index) => (index % 50 === 0 ? 'spam' : 'ham')),
  )
  const found = await find(draft())
  expect(found.rows).toMatchObject({ outcome: 'warning' })
  expect(found.rows?.text).toMatch(/only \d+ of 160 are `spam`/)
})

test('a run that is never evaluated is a warning', async () => {
  put(
    'datasets/data.csv',
    rows(20, (index) => String(index % 2)),
  )
  const found = await find(draft({ args: { eval_strategy: 'no' } }))
  expect(found.evaluation).toMatchObject({ outcome: 'warning' })
  expect(found.steps?.text).toBe('6 steps, no evaluation')
})

test.each<[string, Record<string, string> | null, string]>([
  ['is not there', null, 'There is no model `mine`'],
  ['has no config.json', {}, '`mine` has no config.json'],
  ['does not say what it is', { 'config.json': '{}' }, 'does not say its `model_type`'],
  [
    'has too few positions',
    { 'config.json': '{"model_type":"bert","max_position_embeddings":128}' },
    'has 128 positions',
  ],
  // Two of them stand for padding.
  ...['roberta', 'mpnet'].map((model_type): [string, Record<string, string>, string] => [
    `has too few positions as a ${model_type}`,
    { 'config.json': JSON.stringify({ model_type, max_position_embeddings: DEFAULTS.max_length + 1 }) },
    `has ${DEFAULTS.max_length - 1} positions`,
  ]),
  ['has no weights', { 'config.json': '{"model_type":"bert"}' }, 'has no model.safetensors'],
])('a model that %s', async (_, files, said) => {
  put(
    'datasets/data.csv',
    rows(20, (index) => String(index % 2)),
  )
  if (files) mkdirSync(join(folder, 'models/mine'))
  for (const [name, content] of Object.entries(files ?? {})) put(`models/mine/${name}`, content)
  const found = await find(draft({ model: 'mine' }))
  expect(found.model).toMatchObject({ outcome: 'failed' })
  expect(found.model?.text).toContain(said)
})

test.each<[Partial<Arguments>, 'warning' | 'failed', string]>([
  [
    { metric_for_best_model: 'bleu', load_best_model_at_end: true, save_strategy: 'epoch' },
    'failed',
    '`bleu`, and an evaluation gives loss, accuracy, f1',
  ],
  [{ metric_for_best_model: 'bleu' }, 'failed', '`bleu`'],
  [
    {
      metric_for_best_model: 'accuracy',
      greater_is_better: false,
      load_best_model_at_end: true,
      save_strategy: 'epoch',
    },
    'warning',
    'the worst checkpoint counts as the best',
  ],
  [{ early_stopping_patience: 2 }, 'warning', 'ends with the last model'],
  [{ lr_scheduler_type: 'constant', warmup_steps: 5 }, 'warning', 'has no warm-up'],
  [{ warmup_steps: 500 }, 'warning', '500 is longer than the run of 6 steps'],
  [{ warmup_steps: 6 }, 'warning', 'as long as the run of 6 steps'],
  [{ metric_for_best_model: 'bleu', eval_strategy: 'no' }, 'warning', '`bleu`'],
  [{ eval_steps: 10 }, 'warning', '`eval_steps` 10 does nothing while `eval_strategy` is `epoch`'],
])('arguments that do not fit each other are said before the run: %j', async (args, outcome, said) => {
  put(
    'datasets/data.csv',
    rows(20, (index) => String(index % 2)),
  )
  const found = await find(draft({ args }))
  expect(found.arguments).toMatchObject({ outcome })
  expect(found.arguments?.text).toContain(said)
})

test('of arguments that do not fit, those come first that would stop the run', () => {
  const args: Arguments = { ...DEFAULTS, metric_for_best_model: 'mse', load_best_model_at_end: true }
  const broken = brokenRules({ ...args, label_smoothing_factor: 0.1 }, { totalSteps: 6, problem_type: 'regression' })
  expect(broken.map(({ stops, text }) => [stops, text.split(' ')[0]])).toEqual([
    [true, '`label_smoothing_factor`'],
    [false, 'More'],
  ])
})

test('what one value mends is offered as a button', async () => {
  put(
    'datasets/data.csv',
    rows(20, (index) => String(index % 2)),
  )
  const found = await find(draft({ args: { warmup_steps: 500, eval_strategy: 'no' } }))
  expect(found.arguments?.offers).toEqual([{ label: 'Take warmup_steps 0.1', change: { warmup_steps: 0.1 } }])
  expect(found.evaluation?.offers).toEqual([{ label: 'Take eval_strategy epoch', change: { eval_strategy: 'epoch' } }])
})

test('arguments that fit are not spoken of', async () => {
  put(
    'datasets/data.csv',
    rows(20, (index) => String(index % 2)),
  )
  const fits = { save_strategy: 'epoch', load_best_model_at_end: true, metric_for_best_model: 'eval_f1' } as const
  expect(
    (await find(draft({ args: { ...fits, warmup_steps: 0.1, early_stopping_patience: 1 } }))).arguments,
  ).toBeUndefined()
})

test('the same run failed before: what of, and what helped', async () => {
  put(
    'datasets/data.csv',
    rows(20, (index) => String(index % 2)),
  )
  const first = draft()
  expect((await find(draft())).before).toBeUndefined()
  const ending = { is: 'failed', exitCode: 4, signal: null, cause: 'FT-OOM-STEP', message: 'x', step: 1 } as const
  end(draft({ host: 'another machine' }), 'failed', ending)
  end(draft({ guild_id: '9' }), 'failed', ending)
  expect((await find(draft())).before).toBeUndefined()
  end(first, 'failed', ending)
  expect((await find(draft())).before).toMatchObject({
    outcome: 'warning',
    text: 'The same run failed in #1: There is not enough memory for a step of this size (FT-OOM-STEP)',
    remedy: 'The card of #1 says what mends it.',
  })
  expect((await find(draft({ args: { seed: 1 } }))).before).toBeUndefined()

  const child = draft({ args: { per_device_train_batch_size: 4 } })
  recordAnswer(database, { guild_id: '1', run_id: 1, text_hash: 'x', code: 'FT-OOM-STEP', line: 'x', asked_by: 'bot' })
  const fix = { code: 'FT-OOM-STEP', fix: 'per_device_train_batch_size', change: '{}', diff: '8 → 4', actor: '3' }
  recordFix(database, { child_id: child.id, run_id: 1, ...fix })
  end(child, 'completed', { is: 'completed', metrics: {} })
  expect((await find(draft())).before?.remedy).toBe(`Changing per_device_train_batch_size helped in #${child.id}.`)

  // It went well since: there is nothing to warn of.
  end(draft(), 'completed', { is: 'completed', metrics: {} })
  expect((await find(draft())).before).toBeUndefined()
})

function end(run: Run, to: 'failed' | 'completed', ending: Ending): void {
  const { id } = run
  transition(database, { id, from: 'draft', to: 'queued', actor: '3' })
  transition(database, { id, from: 'queued', to: 'preparing', actor: 'bot' })
  transition(database, { id, from: 'preparing', to, actor: 'engine', set: { ending } })
}

test('the time is told from runs of the same shape on the same host, and not at all without them', async () => {
  put(
    'datasets/data.csv',
    rows(100, (index) => String(index % 2)),
  )
  expect((await find(draft())).time).toBeUndefined()
  const before = draft()
  for (const [from, to] of [
    ['draft', 'queued'],
    ['queued', 'preparing'],
    ['preparing', 'completed'],
  ] as const) {
    transition(database, { id: before.id, from, to, actor: '3' })
  }
  // 60 s for 30 steps; the next run takes 15 as many.
  const at = '2026-03-01T10:00:00.000Z'
  const line = JSON.stringify({ seq: 1, at, ...done(30) })
  appendEvents(database, {
    run_id: before.id,
    from: 0,
    to: 1,
    lines: [{ event: { type: 'unknown', seq: 1, at, raw: null }, line }],
  })
  expect((await find(draft({ args: { num_train_epochs: 1.5 } }))).time?.text).toBe(
    'about 30 s on this machine (from #2)',
  )
  for (const args of [
    { max_length: 64 },
    { per_device_train_batch_size: 4 },
    { gradient_accumulation_steps: 2 },
    { gradient_checkpointing: true },
  ]) {
    expect((await find(draft({ args }))).time, JSON.stringify(args)).toBeUndefined()
  }
  expect((await find(draft({ host: 'another machine' }))).time).toBeUndefined()
})

test.each<[Partial<Arguments>, string]>([
  [{ eval_strategy: 'epoch', num_train_epochs: 2 }, '26 steps, evaluation at 13 and 26'],
  [{ eval_strategy: 'epoch', num_train_epochs: 1.5 }, '20 steps, evaluation at 13 and 20'],
  [{ eval_strategy: 'steps', eval_steps: 10, num_train_epochs: 2 }, '26 steps, evaluation at 10, 20 and 26'],
  [{ eval_strategy: 'epoch', max_steps: 5 }, '5 steps, evaluation at 5'],
  [{ eval_strategy: 'epoch', max_steps: 1 }, '1 step, evaluation at 1'],
  [{ eval_strategy: 'no' }, '39 steps, no evaluation'],
  [{ eval_strategy: 'epoch', num_train_epochs: 1000 }, '13000 steps, evaluation at 13, 26, 39, 52 and 996 more'],
])('100 rows with %j', async (args, said) => {
  put(
    'datasets/data.csv',
    rows(125, (index) => String(index % 2)),
  )
  expect((await find(draft({ args }))).steps?.text).toBe(said)
})

test.each<Partial<Arguments>>([
  { eval_strategy: 'epoch', num_train_epochs: 1.5 },
  { eval_strategy: 'steps', eval_steps: 7, num_train_epochs: 2 },
  { eval_strategy: 'steps', logging_steps: 9, max_steps: 20, gradient_accumulation_steps: 3 },
])('what is promised is what the engine does: %j', (some) => {
  const args = { ...DEFAULTS, ...some }
  const plan = planOf({ rows: 100, args })
  const endsEpoch = (step: number) => step % plan.stepsPerEpoch === 0 || step === plan.totalSteps
  const steps = Array.from({ length: plan.totalSteps }, (_, index) => index + 1).filter(
    (step) => dueAfterStep(step, plan, args).evaluate || (endsEpoch(step) && dueAfterEpoch(args).evaluate),
  )
  const { count, first } = evaluations({ rows: 100, args })
  expect(count).toBe(steps.length)
  expect(first).toEqual(steps.slice(0, first.length))
})

test('a regression is told by its numbers, several labels a row by their names', async () => {
  put(
    'datasets/data.csv',
    rows(100, (index) => String(index / 8)),
  )
  const smooth = await find(draft({ args: { label_smoothing_factor: 0.1 } }))
  expect(smooth.dataset?.text).toMatch(/numbers from 0(\.\d+)? to 12\.\d+, \S+ on average, so it is a regression/)
  expect(smooth.rows).toMatchObject({ outcome: 'ok', text: '80 of 80 rows to train, 20 of 20 to evaluate' })
  expect(smooth.arguments).toMatchObject({ outcome: 'failed' })
  expect(smooth.arguments?.text).toContain('`label_smoothing_factor` 0.1 spreads one label over the others')
  const best = { load_best_model_at_end: true, save_strategy: 'epoch', metric_for_best_model: 'mse' } as const
  expect((await find(draft({ args: best }))).arguments?.text).toContain('the worst checkpoint is kept')
  expect((await find(draft({ args: { ...best, greater_is_better: false } }))).arguments).toBeUndefined()

  const several = Array.from({ length: 50 }, (_, i) => ({ text: `row ${i}`, label: i % 2 ? ['a', 'b'] : ['b'] }))
  put('datasets/several.jsonl', several.map((row) => JSON.stringify(row)).join('\n'))
  const found = await find(draft({ dataset: 'several.jsonl' }))
  expect(found.dataset?.text).toContain('labels a / b, any number of them a row')
})

test('texts that are in both splits, and texts that will be cut, are said', async () => {
  mkdirSync(join(folder, 'datasets/both'))
  put(
    'datasets/both/train.csv',
    rows(50, (index) => String(index % 2)),
  )
  put('datasets/both/test.csv', `text,label\nrow 3,1\nrow 4,0\nnew,1\n${'word '.repeat(90)},0\n`)
  const found = await find(draft({ dataset: 'both', args: { max_length: 16 } }))
  expect(found.duplicates).toMatchObject({
    outcome: 'warning',
    text: '2 of 4 evaluation rows have a text that is in the training rows too',
  })
  expect(found.lengths).toBeUndefined()

  put('datasets/long.csv', rows(50, (index) => String(index % 2)).replaceAll('row', 'word '.repeat(20)))
  const long = await find(draft({ dataset: 'long.csv', args: { max_length: 16 } }))
  expect(long.duplicates).toBeUndefined()
  expect(long.lengths?.text).toBe(
    'almost all of the texts are longer than `max_length` 16 (judged from their characters); only their beginning is read',
  )
})

describe('names of the Hub', async () => {
  const { hub, folder: hubFolder } = await hubRoom({ reviews: 200 })
  const env = { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_HUB_CACHE: join(hubFolder, 'cache') }
  const looked = (named: { model?: string; dataset?: string; args?: Partial<Arguments> }, more = {}) =>
    find(draft({ dataset: 'imdb', ...named }), { ...env, ...more })

  test('what they mean there, at which commit, and what is to be downloaded; then what is in the cache', async () => {
    const found = await looked({ model: 'distilbert-base-uncased' })
    expect(Object.values(found).filter(({ outcome }) => outcome === 'failed')).toEqual([])
    expect(found.model?.text).toMatch(
      /^model `distilbert\/distilbert-base-uncased` at `[0-9a-f]{7}`: a distilbert, .*\d MB to download$/,
    )
    expect(found['dataset on the Hub']?.text).toMatch(
      /^dataset `stanfordnlp\/imdb` at `[0-9a-f]{7}`: `train` and `test`, /,
    )
    expect(found.dataset?.text).toBe('columns `text`, `label` found, labels neg / pos')
    expect(found.rows?.text).toBe('200 of 200 rows to train, 200 of 200 to evaluate')
    // Looking at it has brought it here.
    expect((await looked({}))['dataset on the Hub']?.text).toMatch(/all in the cache$/)
  })

  test('offline, the cache is enough, and that is said', async () => {
    await looked({})
    const found = await looked({}, { HF_HUB_OFFLINE: '1' })
    expect(found['dataset on the Hub']).toMatchObject({ outcome: 'warning' })
    expect(found['dataset on the Hub']?.text).toMatch(/from the cache: the Hub was not asked$/)
    expect(found.dataset).toMatchObject({ outcome: 'ok' })
    const model = (await looked({ model: 'finetune/encoder' }, { HF_HUB_OFFLINE: '1' })).model
    expect(model).toMatchObject({ outcome: 'failed' })
    expect(model?.text).toContain('HF_HUB_OFFLINE is set')
  })

  test.each([
    ['trouble/gated', /is gated/, /accepts them at/],
    ['trouble/private', /or it is private/, /Check the spelling/],
    ['trouble/pickle', /no model\.safetensors; its weights are pytorch_model\.bin/, /safetensors/],
    ['trouble/unsupported', /kind `t5`, which is not trained here/, /`distilbert`, `bert`, `roberta`/],
    ['trouble/disabled', /switched off access/, /take another one/],
    ['distilbert-base-uncasd', /There is no model .* There is no model/, /Check the spelling/],
  ])('the model %s is refused with what would work', async (model, why, remedy) => {
    const found = (await looked({ model })).model
    expect(found).toMatchObject({ outcome: 'failed' })
    expect(found?.text).toMatch(why)
    expect(found?.remedy).toMatch(remedy)
  })

  test('a model that reads fewer tokens than are asked for', async () => {
    const found = (await looked({ model: 'finetune/encoder', args: { max_length: 5000 } })).model
    expect(found?.text).toMatch(/`max_length` is 5000, and `finetune\/encoder` has \d+ positions/)
  })

  test('a dataset that is only a script is explained, with the Parquet route', async () => {
    const found = (await looked({ dataset: 'trouble/script' })).dataset
    expect(found).toMatchObject({ outcome: 'failed' })
    expect(found?.text).toMatch(/is a loading script/)
    expect(found?.remedy).toMatch(/Parquet/)
  })
})
