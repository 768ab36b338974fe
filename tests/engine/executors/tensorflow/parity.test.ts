import * as tf from '@tensorflow/tfjs-core'
import '@tensorflow/tfjs-backend-cpu'
import { afterAll, describe, expect, it } from 'vitest'
import type { Executor } from '../../../../src/engine/executors/executor.ts'
import { onnxExecutor } from '../../../../src/engine/executors/onnx/executor.ts'
import type { TensorFlow } from '../../../../src/engine/executors/tensorflow/addon.ts'
import { tensorflowExecutor } from '../../../../src/engine/executors/tensorflow/executor.ts'
import type { Arguments } from '../../../../src/run/arguments.ts'
import { followTrace } from '../../follow-trace.ts'
import { startTiny } from '../../trace.ts'
import { addonForTests } from './addon.ts'

/** The same calls without the addon: slow, and with products of whole numbers that do not wrap around. */
tf.env().set('IS_TEST', true) // says nothing about how slow it is
const inJavaScript: TensorFlow = { tf, backend: 'cpu', device: 'JavaScript', versions: {} }
const addon = await addonForTests()

/** Losses and norms of three updates. */
async function threeUpdates(executor: Executor, args: Partial<Arguments>) {
  const { learner, train, batchOf } = await startTiny({ executor, args })
  const per = args.gradient_accumulation_steps ?? 1
  const made = []
  for (let update = 0; update < 3; update++) {
    const batches = Array.from({ length: per }, (_, i) => {
      const from = 4 * (per * update + i)
      return batchOf(train.slice(from, from + (i > 0 ? 2 : 4)))
    })
    made.push(await learner.step({ batches, update, learning_rate: 1e-3 }))
  }
  return made
}

describe.each([
  ['in JavaScript', inJavaScript, ['distilbert']],
  [
    'by the addon',
    'what' in addon ? null : addon,
    ['distilbert', 'bert', 'roberta', 'distilbert-all', 'bert-multi-label', 'roberta-regression', 'electra', 'mpnet'],
  ],
] as const)('the tensorflow executor, %s', (_, tensorflow, names) => {
  if (tensorflow === null) {
    it.skip('is not here', () => undefined)
    return
  }
  const executor = tensorflowExecutor(tensorflow)
  const onnx = onnxExecutor({ threads: 1 })
  afterAll(() => Promise.all([executor.close(), onnx.close()]))

  it.each(names)("gives the numbers of Trainer's run of %s", async (name) => {
    expect(await followTrace({ name, executor })).toBeLessThanOrEqual(1e-5)
  })

  const changes: Partial<Arguments>[] = [
    { gradient_accumulation_steps: 3, label_smoothing_factor: 0.1 },
    { gradient_checkpointing: true },
    ...(tensorflow === inJavaScript ? [] : [{ dropout: 0.3 }, { dropout: 0.3, gradient_checkpointing: true }]),
  ]
  it.each(changes)('makes the steps of the onnx executor with %o', async (args) => {
    const [got, wanted] = [await threeUpdates(executor, args), await threeUpdates(onnx, args)]
    got.forEach(({ loss, gradNorm }, i) => {
      expect(Math.abs(loss - (wanted[i]?.loss ?? NaN))).toBeLessThan(1e-5)
      expect(Math.abs(gradNorm / (wanted[i]?.gradNorm ?? NaN) - 1)).toBeLessThan(1e-5)
    })
  })

  it('holds no more after a step than before it, and nothing when it is closed', async () => {
    const counts: number[] = []
    /** How many tensors are left; the recorder leaves some, whatever executor it records for. */
    const left = async (one: Executor) => {
      const before = tensorflow.tf.memory().numTensors
      const { learner, train, batchOf } = await startTiny({ executor: one, args: { gradient_checkpointing: true } })
      for (let update = 0; update < 4; update++) {
        // Other sizes each time.
        await learner.step({ batches: [batchOf(train.slice(0, 8 - update))], update, learning_rate: 1e-3 })
        await learner.evaluate(batchOf(train.slice(0, 4)))
        if (one.name === 'tensorflow') counts.push(tensorflow.tf.memory().numTensors)
      }
      await one.close()
      return tensorflow.tf.memory().numTensors - before
    }
    expect(await left(tensorflowExecutor(tensorflow))).toBe(await left(onnxExecutor({ threads: 1 })))
    expect(new Set(counts).size, String(counts)).toBe(1)
  })
})
