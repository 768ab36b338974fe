import { readFileSync } from 'node:fs'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import type { Batch } from '../../src/engine/data/batches.ts'
import type { Executor } from '../../src/engine/executors/executor.ts'
import { onnxExecutor } from '../../src/engine/executors/onnx/executor.ts'
import { tensorflowExecutor } from '../../src/engine/executors/tensorflow/executor.ts'
import { startLearner } from '../../src/engine/learner.ts'
import { modelOf } from '../../src/engine/models/model.ts'
import { ModelConfig } from '../../src/engine/pretrained.ts'
import { initialWeights } from '../../src/engine/weights.ts'
import { DEFAULTS } from '../../src/run/arguments.ts'
import { addonForTests } from '../engine/executors/tensorflow/addon.ts'
import { type Measured, median } from './measured.ts'

const distilbert = {
  ...{ model_type: 'distilbert', vocab_size: 30522, max_position_embeddings: 512, pad_token_id: 0 },
  ...{ dim: 768, hidden_dim: 3072, n_layers: 6, n_heads: 12 },
}
const SHAPES = [
  { name: 'built-in encoder', config: encoderConfig(), batch: 16, tokens: 128, steps: 15 },
  { name: 'DistilBERT-base', config: distilbert, batch: 8, tokens: 128, steps: 5 },
] as const

/**
 * A training step by TensorFlow's addon beside the same step by onnxruntime, in turns: how long it takes, and the time of
 * all processors, in which others' work is not.
 */
export async function tensorflowBench(): Promise<Measured[]> {
  const addon = await addonForTests()
  if ('what' in addon) return [{ what: 'tensorflow', measured: addon.what, bar: addon.remedy, met: true }]
  const measured: Measured[] = []
  for (const shape of SHAPES) {
    const executors = [onnxExecutor(), tensorflowExecutor(addon)]
    const steps = await Promise.all(executors.map((executor) => stepOn(executor, shape)))
    const times = steps.map((): Took[] => [])
    for (let update = 0; update < shape.steps; update++) {
      for (const [i, step] of steps.entries()) times[i]?.push(await step(update))
    }
    await Promise.all(executors.map((executor) => executor.close()))
    // The first steps are slower: memory is taken then.
    const [onnx, tensorflow] = times.map((each) => said(each.slice(1)))
    measured.push({
      what: `${shape.name} ${shape.batch}×${shape.tokens}, step`,
      measured: `tensorflow ${tensorflow ?? ''}, onnx ${onnx ?? ''}`,
      bar: 'no bar: a second opinion',
      met: true,
    })
  }
  return measured
}

async function stepOn(executor: Executor, { config, batch, tokens }: (typeof SHAPES)[number]) {
  const parsed = ModelConfig.parse(config)
  const model = modelOf({ config: parsed, labels: 2, dropout: null })
  const pretrained = { folder: '', name: '', config: parsed, weights: new Map() }
  const { weights } = initialWeights({ pretrained, model, seed: 42 })
  const all = Int32Array.from({ length: parsed.vocab_size }, (_, id) => id)
  const args = { ...DEFAULTS, per_device_train_batch_size: batch, max_length: tokens }
  const learner = await startLearner({ executor, model, args, weights, vocabulary: { used: all, rowOf: all } })
  const rows: Batch = {
    ids: Int32Array.from({ length: batch * tokens }, (_, i) => 5 + ((i * 7919) % (parsed.vocab_size - 5))),
    mask: new Int32Array(batch * tokens).fill(1),
    labels: Int32Array.from({ length: batch }, (_, i) => i % 2),
    size: batch,
    length: tokens,
  }
  return async (update: number): Promise<Took> => {
    const [start, before] = [performance.now(), process.cpuUsage()]
    await learner.step({ batches: [rows], update, learning_rate: 2e-5 })
    const { user, system } = process.cpuUsage(before)
    return { ms: performance.now() - start, cpuMs: (user + system) / 1000 }
  }
}

interface Took {
  ms: number
  cpuMs: number
}

function said(steps: readonly Took[]): string {
  return `${median(steps.map(({ ms }) => ms)).toFixed(0)} ms (${median(steps.map(({ cpuMs }) => cpuMs)).toFixed(0)} of processors)`
}

function encoderConfig(): Record<string, unknown> {
  return JSON.parse(readFileSync(`${ENCODER_FOLDER}/config.json`, 'utf8')) as Record<string, unknown>
}
