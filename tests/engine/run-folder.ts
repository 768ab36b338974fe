import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buildSpec } from '../../src/run/spec.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { parseEvent } from '../../src/run/read-event.ts'
import { RUN_FOLDER, type RunFile } from '../../src/run/run-file.ts'
import { writeRandomModel } from './random-model.ts'

/** Rows enough for three batches of 8, two labels; every third is for evaluation by test_size. */
export function writeRows(path: string, labels: readonly string[] = ['good', 'bad']): void {
  const words = ['lunch', 'meeting', 'prize', 'winner', 'report', 'cheap', 'friend', 'offer']
  const rows = Array.from({ length: 36 }, (_, i) => ({
    text: `${words[i % 8]} ${words[(3 * i + 1) % 8]} ${words[(5 * i + 2) % 8]}`,
    label: labels[i % labels.length],
  }))
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

const DISTILBERT = {
  model_type: 'distilbert',
  dim: 16,
  hidden_dim: 32,
  n_layers: 2,
  n_heads: 2,
}

/** A model of a page's weights with the built-in tokenizer: training it is over before it is noticed. */
export async function writeTinyModel(folder: string, kind: { model_type: string } = DISTILBERT): Promise<void> {
  const config = { vocab_size: 12288, max_position_embeddings: 64, pad_token_id: 0, ...kind }
  await writeRandomModel({ folder, config })
}

/** A run folder with a run.json, beside the folders that it names. Gives its path. */
export function writeRun({
  root,
  name = 'run',
  model = 'tiny',
  dataset = 'rows.jsonl',
  args = {},
  resume_from_checkpoint = null,
}: {
  root: string
  name?: string
  model?: string
  dataset?: string
  args?: Partial<Arguments>
  resume_from_checkpoint?: string | null
}): string {
  const folders = {
    models_folder: join(root, 'models'),
    datasets_folder: join(root, 'datasets'),
    cache_folder: join(root, 'cache'),
  }
  const folder = join(root, name)
  for (const each of [folder, ...Object.values(folders)]) mkdirSync(each, { recursive: true })
  const small = {
    max_length: 12,
    test_size: 1 / 3,
    logging_steps: 1,
    save_strategy: 'no',
    num_train_epochs: 1,
    learning_rate: 1e-4,
  } as const
  const run: RunFile = {
    version: 1,
    run: 1,
    launch: 'test',
    spec: buildSpec({ model, dataset, args: { ...small, ...args } }),
    ...folders,
    resume_from_checkpoint,
  }
  writeFileSync(join(folder, RUN_FOLDER.run), JSON.stringify(run))
  return folder
}

/** The events of a run folder. Throws where a line is not one that this version writes. */
export function readEvents(folder: string): RunEvent[] {
  const lines = readFileSync(join(folder, RUN_FOLDER.events), 'utf8').split('\n')
  if (lines.pop() !== '') throw new Error('The last line is torn')
  return lines.map((line) => {
    const event = parseEvent(line)
    if (!event || event.type === 'unknown') throw new Error(`Not an event: ${line}`)
    return event
  })
}
