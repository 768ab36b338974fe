import ort from 'onnxruntime-node'
import { afterAll, describe, expect, it } from 'vitest'
import { onnxExecutor } from '../../src/engine/executors/onnx/executor.ts'
import { exportOnnx } from '../../src/engine/export/onnx-model.ts'
import { startTiny } from './trace.ts'

const executor = onnxExecutor({ threads: 1 })
afterAll(() => executor.close())

const worst = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))))

describe('gradient accumulation', () => {
  it('makes of four small batches what one large batch makes', async () => {
    const options = { executor, args: { max_grad_norm: 0.05, learning_rate: 1e-3 } }
    const small = await startTiny({ ...options, args: { ...options.args, gradient_accumulation_steps: 4 } })
    const batches = [0, 8, 16, 24].map((from) => small.batchOf(small.train.slice(from, from + 8)))
    const inParts = await small.learner.step({ batches, update: 0, learning_rate: 1e-3 })
    const afterParts = await small.learner.snapshot()
    const large = await startTiny(options)
    const atOnce = await large.learner.step({
      batches: [large.batchOf(large.train.slice(0, 32))],
      update: 0,
      learning_rate: 1e-3,
    })
    const afterOne = await large.learner.snapshot()

    expect(inParts.loss).toBeCloseTo(atOnce.loss, 5)
    expect(inParts.gradNorm).toBeCloseTo(atOnce.gradNorm, 4)
    for (const [name, { data }] of afterOne.m) {
      expect(worst(data, afterParts.m.get(name)?.data ?? []), name).toBeLessThan(1e-6)
    }
  })

  it('forgets the gradients of an update when the next begins', async () => {
    const tiny = await startTiny({ executor, args: { gradient_accumulation_steps: 2 } })
    const batch = tiny.batchOf(tiny.train.slice(0, 8))
    const first = await tiny.learner.step({ batches: [batch, batch], update: 0, learning_rate: 0 })
    const second = await tiny.learner.step({ batches: [batch, batch], update: 1, learning_rate: 0 })
    expect(second).toEqual({ ...first, taken: 2 })
  })
})

describe('clipping', () => {
  it('scales every gradient down to the norm, and tells the norm from before', async () => {
    const momentsOf = async (max_grad_norm: number) => {
      const tiny = await startTiny({ executor, args: { max_grad_norm } })
      const { gradNorm } = await tiny.learner.step({
        batches: [tiny.batchOf(tiny.train.slice(0, 8))],
        update: 0,
        learning_rate: 0,
      })
      const { m } = await tiny.learner.snapshot()
      // After one step m is a tenth of the gradient.
      const norm =
        10 * Math.sqrt([...m.values()].reduce((sum, { data }) => sum + data.reduce((s, x) => s + x * x, 0), 0))
      return { gradNorm, norm }
    }
    const free = await momentsOf(0)
    expect(free.norm / free.gradNorm).toBeCloseTo(1, 4)
    const clipped = await momentsOf(0.25)
    expect(clipped.gradNorm).toBe(free.gradNorm)
    expect(clipped.norm).toBeCloseTo(0.25, 4)
    expect((await momentsOf(1e6)).norm).toBeCloseTo(free.norm, 4)
  })
})

describe('dropout', () => {
  const lossesOf = async (seed: number) => {
    const tiny = await startTiny({ executor, args: { dropout: 0.3, seed } })
    const losses = []
    for (let update = 0; update < 3; update++) {
      const { loss, gradNorm } = await tiny.learner.step({
        batches: [tiny.batchOf(tiny.train.slice(0, 8))],
        update,
        learning_rate: 1e-3,
      })
      losses.push(loss, gradNorm)
    }
    return losses
  }

  it('is the same to the bit for the same seed, and another for another', async () => {
    const first = await lossesOf(42)
    expect(await lossesOf(42)).toEqual(first)
    expect(await lossesOf(43)).not.toEqual(first)
  })

  // The golden runs have no dropout; here the masks are in the gradients too.
  it('has the gradient that differences of the loss give', async () => {
    const lossAt = async (name: string, place: number, by: number) => {
      const tiny = await startTiny({ executor, args: { dropout: 0.3, max_grad_norm: 0 } })
      const weights = new Map(tiny.weights)
      const weight = weights.get(name)
      if (!weight) throw new Error(name)
      const data = weight.data.slice()
      data[place] = (data[place] ?? 0) + by
      tiny.learner.restore(new Map([...weights, [name, { shape: weight.shape, data }]]))
      const { loss } = await tiny.learner.step({
        batches: [tiny.batchOf(tiny.train.slice(0, 16))],
        update: 0,
        learning_rate: 0,
      })
      return { loss, gradient: 10 * ((await tiny.learner.snapshot()).m.get(name)?.data[place] ?? NaN) }
    }
    const layer = 'distilbert.transformer.layer.0'
    for (const name of [
      `${layer}.attention.q_lin.weight`,
      `${layer}.attention.v_lin.weight`,
      `${layer}.ffn.lin1.bias`,
      `${layer}.ffn.lin2.weight`,
      'pre_classifier.weight',
    ]) {
      const step = 0.02
      const up = await lossAt(name, 5, step)
      const down = await lossAt(name, 5, -step)
      const { gradient } = await lossAt(name, 5, 0)
      const slope = (up.loss - down.loss) / (2 * step)
      expect(Math.abs(slope - gradient), `${name}: ${slope} for ${gradient}`).toBeLessThan(
        0.02 * Math.abs(gradient) + 2e-5,
      )
    }
  })
})

describe.each(['attention_dropout', 'dropout', 'seq_classif_dropout'])('%s of config.json', (field) => {
  it('drops in training, and never in evaluation', async () => {
    const lossesWith = async (rate: number) => {
      const rates = { attention_dropout: 0, dropout: 0, seq_classif_dropout: 0, [field]: rate }
      const tiny = await startTiny({ executor, args: { dropout: null }, config: rates })
      const batch = tiny.batchOf(tiny.train.slice(0, 8))
      const { losses } = await tiny.learner.evaluate(batch)
      const { loss } = await tiny.learner.step({ batches: [batch], update: 0, learning_rate: 0 })
      return { trained: loss, evaluated: losses.reduce((sum, each) => sum + each, 0) / 8 }
    }
    const [without, half] = [await lossesWith(0), await lossesWith(0.5)]
    expect(without.trained).toBeCloseTo(without.evaluated, 6)
    expect(half.evaluated).toBe(without.evaluated)
    expect(Math.abs(half.trained - without.trained)).toBeGreaterThan(5e-5)
  })
})

describe('words that no row has', () => {
  it('only decay, by the factor that the table would have given them', async () => {
    const tiny = await startTiny({ executor, args: { weight_decay: 0.1 } })
    const batch = tiny.batchOf(tiny.train)
    for (let update = 0; update < 3; update++)
      await tiny.learner.step({ batches: [batch], update, learning_rate: 0.01 })
    const name = 'distilbert.embeddings.word_embeddings.weight'
    const { weights, m } = await tiny.learner.snapshot()
    const [table, before] = [weights.get(name), tiny.weights.get(name)]
    // 4 is the id of [MASK], which the golden rows never have.
    const row = (data: Float32Array | undefined) => data?.subarray(4 * 16, 5 * 16) ?? []
    expect(
      worst(
        row(table?.data),
        Array.from(row(before?.data), (value) => value * (1 - 0.001) ** 3),
      ),
    ).toBeLessThan(1e-8)
    expect(worst(row(m.get(name)?.data), new Float32Array(16))).toBe(0)
    expect(table?.shape).toEqual([64, 16])
  })
})

describe('label smoothing', () => {
  it('is the mix of the label and all classes, in training and in evaluation', async () => {
    const plain = await startTiny({ executor, args: { label_smoothing_factor: 0 } })
    const smooth = await startTiny({ executor, args: { label_smoothing_factor: 0.2 } })
    const batch = plain.batchOf(plain.train.slice(0, 8))
    const { logits, losses } = await plain.learner.evaluate(batch)
    const smoothed = await smooth.learner.evaluate(batch)
    losses.forEach((nll, row) => {
      const values = [...logits.subarray(3 * row, 3 * row + 3)]
      const lse = Math.log(values.reduce((sum, value) => sum + Math.exp(value), 0))
      const uniform = values.reduce((sum, value) => sum + lse - value, 0) / 3
      expect(smoothed.losses[row]).toBeCloseTo(0.8 * nll + 0.2 * uniform, 5)
    })
  })
})

describe('the exported model', () => {
  it.each(['distilbert', 'bert', 'roberta'])(
    'gives the logits of the %s in training, at any batch and length',
    async (name) => {
      const tiny = await startTiny({ name, executor })
      await tiny.learner.step({ batches: [tiny.batchOf(tiny.train.slice(0, 8))], update: 0, learning_rate: 1e-3 })
      const { weights } = await tiny.learner.snapshot()
      const session = await ort.InferenceSession.create(
        Buffer.concat(await exportOnnx({ model: tiny.model, weights })),
        {
          intraOpNumThreads: 1,
        },
      )
      expect(session.inputNames).toEqual(['input_ids', 'attention_mask'])
      for (const rows of [tiny.evaluated.slice(0, 1), tiny.evaluated.slice(3, 8)]) {
        const batch = tiny.batchOf(rows)
        const int64 = (values: Int32Array) =>
          new ort.Tensor('int64', BigInt64Array.from(values, BigInt), [batch.size, batch.length])
        const { logits } = await session.run({ input_ids: int64(batch.ids), attention_mask: int64(batch.mask) })
        expect(logits?.dims).toEqual([batch.size, 3])
        expect(worst(logits?.data as Float32Array, (await tiny.learner.evaluate(batch)).logits)).toBeLessThan(1e-5)
      }
      await session.release()
    },
  )
})
