import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelOf } from '../../../src/engine/models/model.ts'
import { writeSafetensors } from '../../../src/engine/safetensors.ts'
import { train } from '../../../src/engine/train.ts'
import type { Arguments } from '../../../src/run/arguments.ts'
import { RUN_FOLDER, type RunFile } from '../../../src/run/run-file.ts'
import { buildSpec } from '../../../src/run/spec.ts'
import type { RunEvent } from '../../../src/run/events.ts'
import { parseEvent } from '../../../src/run/read-event.ts'
import { MODELS, weightsOf } from './shapes.ts'

/** Rows of the job: a third is evaluated on. */
const ROWS = 1500
const WORDS_PER_ROW = 300

/** Writes what the engine's own job reads: a model of DistilBERT's size, and rows of at least 256 tokens. */
export async function writeJob({ root, tokenizer }: { root: string; tokenizer: string }): Promise<void> {
  const model = join(root, 'models/distilbert')
  const datasets = join(root, 'datasets')
  for (const folder of [model, datasets]) mkdirSync(folder, { recursive: true })
  const config = MODELS.distilbert
  if (!config) throw new Error('There is no distilbert')
  writeFileSync(join(model, 'config.json'), JSON.stringify(config))
  for (const file of ['tokenizer.json', 'tokenizer_config.json']) copyFileSync(join(tokenizer, file), join(model, file))
  const tensors = weightsOf(modelOf({ config, labels: 2, dropout: 0.1 }))
  for (const name of [...tensors.keys()]) if (/classifier/.test(name)) tensors.delete(name)
  await writeSafetensors({ path: join(model, 'model.safetensors'), tensors })

  const { model: words } = JSON.parse(readFileSync(join(tokenizer, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> }
  }
  const known = Object.keys(words.vocab).filter((word) => /^[a-z]{3,}$/.test(word))
  const row = (i: number) => {
    const label = i % 2 === 0 ? 'ham' : 'spam'
    const at = (j: number) => known[(i * 7919 + j * 104_729) % known.length] ?? ''
    const text = Array.from({ length: WORDS_PER_ROW }, (_, j) => (label === 'spam' && j % 9 === 0 ? known[1] : at(j)))
    return JSON.stringify({ text: text.join(' '), label })
  }
  writeFileSync(join(datasets, 'rows.jsonl'), Array.from({ length: ROWS }, (_, i) => row(i)).join('\n'))
}

/** 250 steps of 16 × 256 and two evaluations of 500 rows. */
export const JOB: Wanted = {
  model: 'distilbert',
  dataset: 'rows.jsonl',
  args: {
    max_steps: 250,
    per_device_train_batch_size: 16,
    per_device_eval_batch_size: 16,
    max_length: 256,
    eval_strategy: 'steps',
    eval_steps: 125,
    logging_steps: 50,
    save_strategy: 'no',
    test_size: 1 / 3,
    learning_rate: 5e-5,
  },
}

interface Wanted {
  model: string
  dataset: string
  args: Partial<Arguments>
}

/** A run by the engine itself: from the start of this process to the last byte. */
export async function runEngine({
  root,
  cache,
  wanted,
  executor = 'cuda',
}: {
  root: string
  cache: string
  wanted: Wanted
  executor?: string
}): Promise<{ code: number; events: RunEvent[]; before_ms: number; from_process_start_ms: number }> {
  const folder = join(root, `run-${Date.now()}`)
  mkdirSync(folder, { recursive: true })
  const run: RunFile = {
    version: 1,
    run: 1,
    launch: 'job',
    spec: buildSpec(wanted),
    models_folder: join(root, 'models'),
    datasets_folder: join(root, 'datasets'),
    cache_folder: cache,
  }
  writeFileSync(join(folder, RUN_FOLDER.run), JSON.stringify(run))
  process.env.FINETUNE_EXECUTOR = executor
  const begun = performance.now()
  const code = await train({ folder })
  const end = performance.now()
  const lines = readFileSync(join(folder, RUN_FOLDER.events), 'utf8').trim().split('\n')
  const events = lines.flatMap((line) => (parseEvent(line) ?? []) as RunEvent)
  return { code, events, before_ms: Math.round(begun), from_process_start_ms: Math.round(end) }
}

/** What a report tells of a run: when each thing happened, in milliseconds, and how the card did. */
export function reportOf({ events, ...made }: Awaited<ReturnType<typeof runEngine>>): object {
  const first = Date.parse(events[0]?.at ?? '')
  return {
    ...made,
    timeline: events.map((event) => [
      event.type,
      'phase' in event ? `${event.phase} ${event.detail ?? ''}` : 'message' in event ? event.message : '',
      Date.parse(event.at) - first,
    ]),
    compiled: events.find(({ type }) => type === 'compiled'),
    heartbeats: events.filter(({ type }) => type === 'heartbeat'),
    last: events.at(-1),
  }
}
