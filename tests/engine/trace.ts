import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Arguments, DEFAULTS } from '../../src/run/arguments.ts'
import { collate } from '../../src/engine/data/batches.ts'
import type { Example } from '../../src/engine/data/tokenize.ts'
import type { Executor } from '../../src/engine/executors/executor.ts'
import { startLearner } from '../../src/engine/learner.ts'
import { modelOf } from '../../src/engine/models/model.ts'
import { type ModelConfig, type Pretrained } from '../../src/engine/pretrained.ts'
import { readSafetensors } from '../../src/engine/safetensors.ts'
import { vocabularyOf } from '../../src/engine/vocabulary.ts'
import { initialWeights } from '../../src/engine/weights.ts'

interface GoldenRow {
  input_ids: number[]
  labels: number
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
  rows.map(({ input_ids, labels }) => ({ ids: Int32Array.from(input_ids), label: labels }))

/** A learner at the beginning of a golden run, with what the test needs to drive it. */
export async function startTiny({
  name = 'distilbert',
  executor,
  args: changed = {},
  config: changedConfig = {},
}: {
  name?: string
  executor: Executor
  args?: Partial<Arguments>
  config?: Record<string, unknown>
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
  const wanted = { labels: 3, dropout: args.dropout }
  const model = modelOf({ config: pretrained.config, ...wanted })
  const trained = modelOf({ config: { ...pretrained.config, vocab_size: vocabulary.used.length }, ...wanted })
  const { weights } = initialWeights({ pretrained, model, seed: args.seed })
  const learner = await startLearner({ executor, model: trained, args, weights, vocabulary })
  const batchOf = (examples: readonly Example[]) =>
    collate({ examples, pad_token_id, pad_to_multiple_of: args.pad_to_multiple_of })
  return { trace, pretrained, pad_token_id, args, train, evaluated, model, weights, learner, batchOf }
}
