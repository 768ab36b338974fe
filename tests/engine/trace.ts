import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Arguments, DEFAULTS } from '../../src/run/arguments.ts'
import { collate } from '../../src/engine/data/batches.ts'
import type { Example } from '../../src/engine/data/tokenize.ts'
import type { Executor } from '../../src/engine/executors/executor.ts'
import { startLearner } from '../../src/engine/learner.ts'
import { modelOf } from '../../src/engine/models/model.ts'
import { type ModelConfig, type Pretrained } from '../../src/engine/pretrained.ts'
import { outputsOf, type Problem } from '../../src/engine/problem.ts'
import { readSafetensors } from '../../src/engine/safetensors.ts'
import { vocabularyOf } from '../../src/engine/vocabulary.ts'
import { initialWeights } from '../../src/engine/weights.ts'

interface GoldenRow {
  input_ids: number[]
  /** A label's number, the value of a regression, or 0 and 1 for each label */
  labels: number | number[]
}

/** A run of transformers' Trainer on a tiny model, from tests/golden/trainer. */
export interface Trace {
  args: Partial<Arguments>
  train: GoldenRow[]
  eval: GoldenRow[]
  log: Record<string, number>[]
  logits: number[][]
}

export async function readTrace(name: string): Promise<{ trace: Trace; pretrained: Pretrained }> {
  const folder = fileURLToPath(new URL(`../golden/trainer/${name}`, import.meta.url))
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(`${folder}/${file}`, 'utf8'))
  const weights = await readSafetensors({ path: `${folder}/model.safetensors` })
  const config = (await read('config.json')) as ModelConfig
  return { trace: (await read('trace.json')) as Trace, pretrained: { folder, name, config, weights } }
}

export const examplesOf = (rows: readonly GoldenRow[]): Example[] =>
  rows.map(({ input_ids, labels }) => ({
    ids: Int32Array.from(input_ids),
    label: Array.isArray(labels) ? labels.flatMap((is, label) => (is === 1 ? [label] : [])) : labels,
  }))

/** All golden runs; what each is, tests/golden/trainer/make.py says. */
export const TRACES = [
  'distilbert',
  'bert',
  'roberta',
  'electra',
  'mpnet',
  'distilbert-all',
  'distilbert-multi-label',
  'bert-multi-label',
  'roberta-multi-label',
  'distilbert-regression',
  'bert-regression',
  'roberta-regression',
] as const

const LABELS = ['a', 'b', 'c']

/** What the rows of a trace are labelled with tells what was learned. */
function problemOf({ train: [first] }: Trace): Problem {
  if (Array.isArray(first?.labels)) return { type: 'multi_label_classification', labels: LABELS }
  return Number.isInteger(first?.labels)
    ? { type: 'single_label_classification', labels: LABELS }
    : { type: 'regression', labels: [] }
}

/** A learner at the beginning of a golden run, with what the test needs to drive it. */
export async function startTiny({
  name = 'distilbert',
  executor,
  args: changed = {},
  config: changedConfig = {},
  largest = null,
}: {
  name?: string
  executor: Executor
  args?: Partial<Arguments>
  config?: Record<string, unknown>
  largest?: Parameters<typeof startLearner>[0]['largest']
}) {
  const { trace, pretrained } = await readTrace(name)
  Object.assign(pretrained.config, changedConfig)
  const args: Arguments = { ...DEFAULTS, ...trace.args, dropout: 0, ...changed }
  const train = examplesOf(trace.train)
  const evaluated = examplesOf(trace.eval)
  const pad_token_id = pretrained.config.pad_token_id ?? 0
  const vocabulary = vocabularyOf({
    size: pretrained.config.vocab_size,
    examples: [...train, ...evaluated],
    always: [pad_token_id],
  })
  const problem = problemOf(trace)
  const wanted = { labels: outputsOf(problem), problem_type: problem.type, dropout: args.dropout }
  const model = modelOf({ config: pretrained.config, ...wanted })
  const trained = modelOf({ config: { ...pretrained.config, vocab_size: vocabulary.used.length }, ...wanted })
  const { weights } = initialWeights({ pretrained, model, seed: args.seed })
  const learner = await startLearner({ executor, model: trained, args, weights, vocabulary, largest })
  const batchOf = (examples: readonly Example[]) =>
    collate({ examples, problem, pad_token_id, pad_to_multiple_of: args.pad_to_multiple_of })
  return { trace, problem, pretrained, pad_token_id, args, train, evaluated, model, weights, learner, batchOf }
}
