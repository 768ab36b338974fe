import { afterAll, describe, expect, it } from 'vitest'
import { cudaExecutor } from '../../../src/engine/executors/cuda/executor.ts'
import { planProgram } from '../../../src/engine/executors/cuda/plan/plan.ts'
import { fold } from '../../../src/engine/executors/fold.ts'
import type { Precision } from '../../../src/engine/executors/precision.ts'
import { modelOf } from '../../../src/engine/models/model.ts'
import { trainProgram } from '../../../src/engine/programs.ts'
import { DEFAULTS } from '../../../src/run/arguments.ts'
import { MODELS } from '../../bench/gpu/shapes.ts'
import { followTrace } from '../follow-trace.ts'
import { compiledDevice, compilerMissing } from '../executors/cuda/compiled.ts'
import { startTiny } from '../trace.ts'
import { apart, fewSteps } from './steps.ts'

const missing = await compilerMissing()

describe.skipIf(missing !== null)('gradient checkpointing by the CUDA kernels as C++', () => {
  const executor = cudaExecutor({ device: compiledDevice(), precision: 'fp32' })
  const half = cudaExecutor({ device: compiledDevice({ lanes: 32 }), precision: 'bf16' })
  afterAll(() => Promise.all([executor.close(), half.close()]))

  it.each(['distilbert', 'mpnet', 'distilbert-all'])("gives the numbers of Trainer's run of %s", async (name) => {
    expect(await followTrace({ name, executor, args: { gradient_checkpointing: true } })).toBeLessThanOrEqual(1e-5)
  })

  it.each([
    ['distilbert', 1],
    ['bert', 3],
    ['mpnet', 1],
  ])('gives what a run of %s gives without, with dropout, %i batches an update', async (name, steps) => {
    const args = { gradient_accumulation_steps: steps }
    const without = await fewSteps({ name, executor, args })
    const checkpointed = await fewSteps({ name, executor, args: { ...args, gradient_checkpointing: true } })
    expect(apart(checkpointed, without)).toBeLessThan(1e-6)
  })

  it('gives the same in bf16 to its rounding, attention in one kernel', async () => {
    const first = async (one: typeof executor, gradient_checkpointing: boolean) => {
      const { learner, train, batchOf } = await startTiny({
        executor: one,
        args: { dropout: 0.3, pad_to_multiple_of: 32, gradient_checkpointing },
        config: { n_heads: 1, n_layers: 3 },
      })
      return learner.step({ batches: [batchOf(train.slice(0, 2))], update: 0, learning_rate: 1e-3 })
    }
    const [got, wanted] = [await first(half, true), await first(executor, false)]
    expect(Math.abs(got.loss / wanted.loss - 1)).toBeLessThan(3e-3)
    expect(Math.abs(got.gradNorm / wanted.gradNorm - 1)).toBeLessThan(2e-2)
  })

  it('is offered before the first step where it makes the longest batch fit, and then it does', async () => {
    const start = async (gradient_checkpointing: boolean) => {
      const small = cudaExecutor({ device: compiledDevice({ total: 200 * 2 ** 20 }), precision: 'fp32' })
      const [args, config] = [{ gradient_checkpointing }, { n_layers: 12 }]
      const started = startTiny({ executor: small, args, config, largest: { size: 256, length: 64 } })
      return started.finally(() => small.close())
    }
    await expect(start(false)).rejects.toMatchObject({
      code: 'out-of-memory',
      remedy: expect.stringMatching(
        /^Set `per_device_train_batch_size` to \d+, which fits, and .*; or set `gradient_checkpointing` to true, which fits and/,
      ) as string,
    })
    await expect(start(true)).resolves.toBeDefined()
  })
})

describe('the plan of a step', () => {
  const plan = async (
    kind: string,
    batch: number,
    tokens: number,
    precision: Precision,
    gradient_checkpointing: boolean,
  ) => {
    const config = MODELS[kind]
    if (!config) throw new Error(`There is no ${kind}`)
    const model = modelOf({ config, labels: 2, dropout: 0.1 })
    const program = await trainProgram({ model, args: { ...DEFAULTS, gradient_checkpointing }, update: true })
    const sizes = { batch, tokens, words: 16_384 }
    return planProgram({
      program: fold(program),
      sizes,
      precision,
      form: { lanes: 32, tiles: precision === 'bf16' ? 'warp' : null },
    })
  }
  const kernels = ({ launches }: Awaited<ReturnType<typeof plan>>, name: RegExp) =>
    launches.filter((launch) => launch.kind === 'kernel' && name.test(launch.kernel.name)).length

  it.each([
    ['distilbert', 32, 512],
    ['bert', 64, 512],
  ])('of %s at %i × %i takes less memory', async (kind, batch, tokens) => {
    const [without, checkpointed] = [
      await plan(kind, batch, tokens, 'bf16', false),
      await plan(kind, batch, tokens, 'bf16', true),
    ]
    expect(checkpointed.arena.bytes).toBeLessThan(without.arena.bytes * 0.5)
    // Attention stays one kernel forward, the first time and the second, and two backward.
    const layers = kind === 'bert' ? 12 : 6
    expect(kernels(without, /^attend_forward/)).toBe(layers - 1)
    expect(kernels(checkpointed, /^attend_forward/)).toBe(2 * (layers - 1))
    expect(kernels(checkpointed, /^attend_(query|keys)/)).toBe(2 * (layers - 1))
    // And so do the products of queries, keys and values.
    const products = ({ launches }: typeof without) => launches.filter((launch) => launch.kind === 'product').length
    expect((products(checkpointed) - products(without)) / (layers - 1)).toBe(4)
  })
})
