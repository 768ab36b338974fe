import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'
import { loadDataset } from '../../src/engine/data/dataset.ts'
import { reachHub } from '../../src/engine/hub.ts'
import { makeReviews } from '../../src/hub/local/reviews.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import type { EventOf, EventType, RunEvent } from '../../src/run/events.ts'
import { parseEvent } from '../../src/run/read-event.ts'
import { RUN_FOLDER, RunFile } from '../../src/run/run-file.ts'
import { buildSpec, type Named } from '../../src/run/spec.ts'
import { hubRoom } from './room.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
/** A Python with torch and transformers. */
const PYTHON = process.env['BENCH_PYTHON'] ?? ''

/** IMDb has 25 000 rows of training and as many of test, and so has this. */
const { hub, cacheFolder } = await hubRoom({ reviews: 25_000 })
const root = await mkdtemp(join(tmpdir(), 'hub-job-'))
afterAll(() => rm(root, { recursive: true, force: true }))
const environment = (more: Record<string, string> = {}) => ({
  HF_ENDPOINT: hub.url,
  HF_HUB_CACHE: cacheFolder,
  HF_HUB_OFFLINE: '',
  HF_HOME: root,
  ...more,
})

const SEED = { model: 'distilbert-base-uncased', dataset: 'imdb' }
const ROWS = { shuffle_seed: 42, max_train_samples: 2000, max_eval_samples: 500 } as const
let runs = 0

async function writeRun(named: Named, args: Partial<Arguments>): Promise<{ folder: string; run: RunFile }> {
  const folder = join(root, `run-${++runs}`)
  const folders = { models_folder: join(root, 'models'), datasets_folder: join(root, 'datasets'), cache_folder: root }
  for (const each of [folder, folders.models_folder, folders.datasets_folder]) await mkdir(each, { recursive: true })
  const run = RunFile.parse({ version: 1, run: 1, launch: 'x', spec: buildSpec({ ...named, args }), ...folders })
  await writeFile(join(folder, RUN_FOLDER.run), JSON.stringify(run))
  return { folder, run }
}

/** The engine as the bot starts it. */
async function train(folder: string, env: Record<string, string> = environment()) {
  const code = await new Promise<number | null>((done) => {
    const child = execFile(process.execPath, [FINETUNE, 'train', folder], { env: { ...process.env, ...env } })
    child.on('exit', done)
  })
  const events = readFileSync(join(folder, RUN_FOLDER.events), 'utf8')
    .trim()
    .split('\n')
    .map((line) => parseEvent(line) as RunEvent)
  const event = <Type extends EventType>(type: Type) => events.find((each) => each.type === type) as EventOf<Type>
  return { code, events, event }
}

const QUICK = {
  ...ROWS,
  max_length: 32,
  per_device_train_batch_size: 16,
  per_device_eval_batch_size: 64,
  logging_steps: 1,
  eval_strategy: 'no',
  save_strategy: 'no',
} as const satisfies Partial<Arguments>

describe('the job that this was made for: imdb, distilbert-base-uncased, 2000 and 500 rows', () => {
  test('the rows are those of datasets.shuffle(seed=42).select(range(2000))', async () => {
    const { run } = await writeRun(SEED, ROWS)
    const reach = reachHub({}, environment())
    const { train: rows, eval: held, ...rest } = await loadDataset({ run, signal: new AbortController().signal, reach })
    expect(rest.from).toMatchObject({ name: 'stanfordnlp/imdb', config_name: 'plain_text' })
    expect([rows.length, rest.trainAvailable, held.length, rest.evalAvailable]).toEqual([2000, 25_000, 500, 25_000])

    // numpy.random.default_rng(42).permutation(25000); places are counted from 1.
    const places = rows.map(({ id }) => Number(id.split(':').at(-1)) - 1)
    expect(places.slice(0, 20)).toEqual([
      19923, 18453, 12236, 16941, 8218, 20850, 22290, 4237, 747, 12573, 24589, 9988, 250, 7134, 24197, 19442, 5391,
      6062, 14657, 23404,
    ])
    expect(places.reduce((sum, place) => sum + place, 0)).toBe(24_991_134)
    const made = makeReviews({ split: 'train', rows: 25_000 })
    expect(
      rows.every(
        ({ text, label }, i) => made[places[i] ?? -1]?.text === text && label === made[places[i] ?? -1]?.label,
      ),
    ).toBe(true)
  })

  test('the real command: steps, commits, and a model that transformers loads', async () => {
    const { folder } = await writeRun(SEED, {
      ...QUICK,
      num_train_epochs: 2,
      max_steps: 2,
      max_eval_samples: 32,
      eval_strategy: 'steps',
      eval_steps: 2,
    })
    const { code, event } = await train(folder)
    expect(event('failed')).toBeUndefined()
    expect(code).toBe(0)
    expect(event('data')).toMatchObject({ train_rows: 2000, train_rows_available: 25_000, labels: ['neg', 'pos'] })
    // 2000 rows by 16; max_steps decides how many of them are done.
    expect(event('plan')).toMatchObject({ steps_per_epoch: 125, total_steps: 2 })
    const commit = expect.stringMatching(/^[0-9a-f]{40}$/) as string
    expect(event('hub')).toMatchObject({
      model: { name: 'distilbert/distilbert-base-uncased', revision: commit },
      dataset: { name: 'stanfordnlp/imdb', revision: commit, config_name: 'plain_text' },
    })
    const card = readFileSync(join(folder, 'model', 'README.md'), 'utf8')
    expect(card).toContain('license: apache-2.0\nbase_model: distilbert/distilbert-base-uncased')
    if (PYTHON === '') {
      console.info('BENCH_PYTHON is not set: from_pretrained is not tried.')
      return
    }
    const script = `
import sys
from transformers import AutoModelForSequenceClassification, AutoTokenizer
model, info = AutoModelForSequenceClassification.from_pretrained(sys.argv[1], output_loading_info=True)
AutoTokenizer.from_pretrained(sys.argv[1])("a film")
print(model.config.id2label, sorted(info["missing_keys"]), sorted(info["unexpected_keys"]))
`
    const said = await new Promise<string>((done, fail) => {
      execFile(PYTHON, ['-c', script, join(folder, 'model')], (error, out) =>
        error ? fail(new Error(error.message)) : done(out),
      )
    })
    expect(said.trim()).toBe("{0: 'neg', 1: 'pos'} [] []")
  })

  test('without max_steps it is 250 steps, as Trainer counts them', async () => {
    const { planOf } = await import('../../src/engine/plan.ts')
    const { spec } = (await writeRun(SEED, { ...ROWS, num_train_epochs: 2, per_device_train_batch_size: 16 })).run
    expect(planOf({ rows: 2000, args: spec.args }).totalSteps).toBe(250)
  })

  test('what is in the cache is enough without the Hub', async () => {
    const { folder } = await writeRun(SEED, { ...QUICK, max_steps: 1 })
    const asked = hub.seen.length
    const { code, event } = await train(folder, environment({ HF_HUB_OFFLINE: '1' }))
    expect(event('failed')).toBeUndefined()
    expect(code).toBe(0)
    expect(hub.seen.length).toBe(asked)
    expect(readFileSync(join(folder, 'model', 'README.md'), 'utf8')).toContain('license: apache-2.0')
  })
})
