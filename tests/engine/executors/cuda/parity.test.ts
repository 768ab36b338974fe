import { afterAll, describe, expect, it } from 'vitest'
import { cudaExecutor } from '../../../../src/engine/executors/cuda/executor.ts'
import type { Executor } from '../../../../src/engine/executors/executor.ts'
import { onnxExecutor } from '../../../../src/engine/executors/onnx/executor.ts'
import { RunFailure } from '../../../../src/engine/failure.ts'
import { awayFromBend } from '../../../bench/gpu/steps.ts'
import { followLosses, followTrace } from '../../follow-trace.ts'
import { startTiny } from '../../trace.ts'
import { compiledDevice, compilerMissing } from './compiled.ts'

const missing = await compilerMissing()
if (missing !== null) process.stderr.write(`The CUDA kernels are not checked: ${missing}.\n`)

// Whole runs of Trainer: every loss, norm, evaluation, and the logits at the end.
describe
  .skipIf(missing !== null)
  .each(['distilbert', 'bert', 'roberta', 'distilbert-all', 'distilbert-multi-label', 'bert-regression', 'mpnet'])(
  "Trainer's run of %s, by the CUDA kernels as C++",
  (name) => {
    const executor = cudaExecutor({ device: compiledDevice(), precision: 'fp32' })
    afterAll(() => executor.close())

    it('gives the same numbers', async () => {
      expect(await followTrace({ name, executor })).toBeLessThanOrEqual(1e-5)
    })
  },
)

// Six steps of Trainer's run in fp32 beside ours in half precision; `npm run test:gpu` makes all such runs.
it.skipIf(missing !== null).each([
  ['bf16', 'distilbert', {}, 1e-3],
  ['bf16', 'roberta', {}, 1e-3],
  ['bf16', 'distilbert-all', {}, 1e-3],
  ['bf16', 'mpnet', {}, 1e-3],
  ['fp16', 'distilbert-all', { half: 'f16' }, 3e-4],
  ['fp16', 'bert-regression', { half: 'f16' }, 3e-4],
] as const)(
  "stays near Trainer's losses in %s, %s, by the CUDA kernels as C++",
  async (precision, name, device, most) => {
    const executor = cudaExecutor({ device: compiledDevice(device), precision })
    expect(await followLosses({ name, executor })).toBeLessThanOrEqual(most)
    await executor.close()
  },
)

/** How long the difference is, in parts of the second. */
function distance(one: Float32Array = new Float32Array(), other: Float32Array = new Float32Array()): number {
  const length = (of: (i: number) => number) => Math.hypot(...Array.from(other, (_, i) => of(i)))
  return length((i) => (one[i] ?? NaN) - (other[i] ?? NaN)) / length((i) => other[i] ?? NaN)
}

describe.skipIf(missing !== null)('the CUDA kernels as C++', () => {
  const executor = cudaExecutor({ device: compiledDevice(), precision: 'bf16' })
  const onnx = onnxExecutor({ threads: 1 })
  afterAll(() => Promise.all([executor.close(), onnx.close()]))

  // Of every parameter, in parts of its length: any tensor that is kept or made too coarsely shows in some of them.
  it.each([
    ['bf16', 'distilbert', {}, { loss: 1e-3, scores: 2e-2, others: 8e-3 }],
    ['bf16', 'bert', {}, { loss: 1e-3, scores: 4e-2, others: 2.5e-2 }],
    ['bf16', 'roberta', {}, { loss: 1e-3, scores: 4e-2, others: 2.5e-2 }],
    ['bf16', 'mpnet', {}, { loss: 1e-3, scores: 2e-2, others: 8e-3 }],
    ['fp16', 'distilbert', { half: 'f16' }, { loss: 1e-4, scores: 2.5e-3, others: 1e-3 }],
  ] as const)('stays near in %s, %s: the loss and all gradients', async (precision, name, device, most) => {
    const rounded = cudaExecutor({ device: compiledDevice(device), precision })
    const first = async (one: Executor) => {
      const { learner, train, batchOf, weights } = await startTiny({ name, executor: one })
      // Which side of a bend a number falls on is not a matter of how finely gradients are rounded.
      if (name === 'distilbert') learner.restore(awayFromBend(weights))
      const step = () => learner.step({ batches: [batchOf(train.slice(0, 8))], update: 0, learning_rate: 0 })
      let made = await step()
      // The first scale may be too large for a model.
      for (let i = 0; made.skipped && i < 8; i++) made = await step()
      return { ...made, gradients: (await learner.snapshot()).m }
    }
    const [got, wanted] = [await first(rounded), await first(onnx)]
    expect(Math.abs(got.loss / wanted.loss - 1)).toBeLessThan(most.loss)
    for (const [name, { data }] of wanted.gradients) {
      // Of all keys alike, which no softmax sees: zero but for rounding.
      if (/(k_lin|key|attn\.k)\.bias/.test(name)) continue
      expect(distance(got.gradients.get(name)?.data, data), name).toBeLessThan(
        /[qk]_lin|query|key|attn\.[qk]|relative/.test(name) ? most.scores : most.others,
      )
    }
    await rounded.close()
  })

  it.each([0, 0.1])('gives the weights that a checkpoint has, decay %d', async (weight_decay) => {
    const { learner, train, batchOf } = await startTiny({ executor, args: { weight_decay } })
    const step = (update: number) =>
      learner.step({ batches: [batchOf(train.slice(8 * update, 8 * update + 8))], update, learning_rate: 1e-2 })
    await step(0)
    const saved = await learner.snapshot()
    expect(await learner.weights()).toEqual(saved.weights)
    await step(1)
    const later = await learner.snapshot()
    expect(await learner.weights()).toEqual(later.weights)
    expect(later.weights).not.toEqual(saved.weights)
  })

  it('scales the loss in fp16, leaves out an update that overflows, and makes the next with half the scale', async () => {
    const fp16 = cudaExecutor({ device: compiledDevice({ half: 'f16' }), precision: 'fp16' })
    const start = async (one: typeof executor) => {
      const { learner, train, batchOf } = await startTiny({ executor: one })
      const step = (update: number) =>
        learner.step({ batches: [batchOf(train.slice(0, 8))], update, learning_rate: 1e-3 })
      return { learner, step }
    }
    const [got, wanted] = [await start(fp16), await start(onnx)]
    const golden = await wanted.step(0)
    let first = await got.step(0)
    // The first scale may be too large for a model; nothing has changed then, and the same update comes again.
    for (let i = 0; first.skipped && i < 8; i++) first = await got.step(0)
    expect(Math.abs(first.loss / golden.loss - 1)).toBeLessThan(2e-3)
    expect(Math.abs(first.gradNorm / golden.gradNorm - 1)).toBeLessThan(1e-2)
    expect(first.skipped).toBe(false)

    const scale = async () => (await fp16.read(['loss_scale'])).get('loss_scale')?.data[0]
    const weights = async () => {
      const { weights } = await got.learner.snapshot()
      return [...weights].filter(([name]) => !name.includes('word_embeddings')).map(([, { data }]) => [...data])
    }
    expect(await scale()).toBeLessThanOrEqual(65_536)
    const before = await weights()
    fp16.put(new Map([['loss_scale', { shape: [], data: Float32Array.of(2 ** 60) }]]))
    expect(await got.step(1)).toMatchObject({ skipped: true })
    expect(await weights()).toEqual(before)
    expect(await scale()).toBe(2 ** 59)
    fp16.put(new Map([['loss_scale', { shape: [], data: Float32Array.of(1024) }]]))
    expect(await got.step(2)).toMatchObject({ skipped: false })
    expect(await weights()).not.toEqual(before)
    await fp16.close()
  })

  it.each(['warp', 'warpgroup'] as const)(
    'does with 32 lanes what it does with one, attention by a %s',
    async (tiles) => {
      const together = cudaExecutor({ device: compiledDevice({ lanes: 32, tiles }), precision: 'bf16' })
      const two = async (one: typeof executor) => {
        const args = { dropout: 0.3, pad_to_multiple_of: 96 }
        const { learner, train, batchOf } = await startTiny({ executor: one, args, config: { n_heads: 1 } })
        const step = (update: number) =>
          learner.step({ batches: [batchOf(train.slice(2 * update, 2 * update + 2))], update, learning_rate: 1e-3 })
        const first = await step(0)
        const gradients = (await learner.snapshot()).m
        // The next one reads what the first has written.
        return { steps: [first, await step(1)], gradients }
      }
      const [got, wanted] = [await two(together), await two(executor)]
      got.steps.forEach(({ loss, gradNorm }, i) => {
        expect(Math.abs(loss / (wanted.steps[i]?.loss ?? NaN) - 1)).toBeLessThan(3e-3)
        expect(Math.abs(gradNorm / (wanted.steps[i]?.gradNorm ?? NaN) - 1)).toBeLessThan(1e-2)
      })
      // Of the first layer, whose attention is one kernel for each of them.
      const parts = ['q_lin.weight', 'k_lin.weight', 'v_lin.weight', 'out_lin.weight', 'q_lin.bias', 'v_lin.bias']
      for (const part of parts) {
        const name = `distilbert.transformer.layer.0.attention.${part}`
        const [one, other] = [got, wanted].map(({ gradients }) => gradients.get(name)?.data ?? new Float32Array())
        expect(distance(one, other), part).toBeLessThan(0.05)
      }
      await together.close()
    },
  )

  it('draws the dropout masks that the onnx executor draws', async () => {
    const device = compiledDevice()
    const exact = cudaExecutor({ device, precision: 'fp32' })
    const steps = async (one: typeof executor) => {
      const args = { dropout: 0.3, pad_to_multiple_of: 32 }
      const { learner, train, batchOf } = await startTiny({ executor: one, args })
      const made = []
      for (let update = 0; update < 3; update++) {
        const batches = [batchOf(train.slice(8 * update, 8 * update + 8))]
        made.push(await learner.step({ batches, update, learning_rate: 1e-3 }))
      }
      return made
    }
    const [got, wanted] = [await steps(exact), await steps(onnx)]
    got.forEach(({ loss, gradNorm }, i) => {
      expect(loss).toBeCloseTo(wanted[i]?.loss ?? NaN, 4)
      expect(gradNorm / (wanted[i]?.gradNorm ?? NaN)).toBeCloseTo(1, 4)
    })
    await exact.close()
  })

  it('adds up the gradients of several batches', async () => {
    const exact = cudaExecutor({ device: compiledDevice(), precision: 'fp32' })
    const updates = async (one: typeof executor) => {
      const { learner, train, batchOf } = await startTiny({ executor: one, args: { gradient_accumulation_steps: 3 } })
      const made = []
      for (let update = 0; update < 2; update++) {
        // The last batch is smaller, as at the end of an epoch.
        const batches = [0, 4, 8].map((from) =>
          batchOf(train.slice(from + update, from + update + (from === 8 ? 2 : 4))),
        )
        made.push(await learner.step({ batches, update, learning_rate: 1e-3 }))
      }
      return made
    }
    const [got, wanted] = [await updates(exact), await updates(onnx)]
    got.forEach(({ loss, gradNorm }, i) => {
      expect(loss).toBeCloseTo(wanted[i]?.loss ?? NaN, 5)
      expect(gradNorm / (wanted[i]?.gradNorm ?? NaN)).toBeCloseTo(1, 5)
    })
    await exact.close()
  })

  it('says before the first step how much memory is missing, and what would fit', async () => {
    const small = cudaExecutor({ device: compiledDevice({ total: 2.5 * 2 ** 20 }), precision: 'fp32' })
    const { learner, train, batchOf } = await startTiny({ executor: small })
    const step = learner.step({ batches: [batchOf(train)], update: 0, learning_rate: 1e-3 })
    await expect(step).rejects.toThrow(RunFailure)
    await expect(step).rejects.toThrow(/needs .* GiB of GPU memory/)
    const rows = { size: 256, length: 64 }
    await expect(startTiny({ executor: small, largest: rows })).rejects.toMatchObject({
      code: 'out-of-memory',
      remedy: expect.stringMatching(
        /^Set `per_device_train_batch_size` to \d+, which fits, and raise .* effective batch\.$/,
      ) as string,
    })
    await small.close()
  })

  it('says before the first step that a tensor has more elements than a kernel counts, and what would fit', async () => {
    const large = cudaExecutor({ device: compiledDevice({ total: 2 ** 50 }), precision: 'bf16' })
    const rows = 2 ** 21
    // Of two heads the weights of all tokens for each other.
    await expect(startTiny({ executor: large, largest: { size: rows, length: 64 } })).rejects.toMatchObject({
      code: 'out-of-memory',
      message: `A tensor of a step would have ${rows * 2 * 64 * 64} elements, and a kernel counts to 2147483647.`,
      // Twice as many would have 2³¹, one too many.
      remedy: expect.stringContaining(`to ${2 ** 17}, which fits`) as string,
    })
    await large.close()
  })
})
