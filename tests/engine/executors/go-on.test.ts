import { afterAll, describe, expect, it } from 'vitest'
import { cudaExecutor } from '../../../src/engine/executors/cuda/executor.ts'
import type { Executor } from '../../../src/engine/executors/executor.ts'
import { onnxExecutor } from '../../../src/engine/executors/onnx/executor.ts'
import type { Arguments } from '../../../src/run/arguments.ts'
import { startTiny } from '../trace.ts'
import { compiledDevice, compilerMissing } from './cuda/compiled.ts'

const missing = await compilerMissing()
if (missing !== null) process.stderr.write(`The CUDA executor is not checked: ${missing}.\n`)

const EXECUTORS: [string, () => Executor][] = [
  ['onnx', () => onnxExecutor({ threads: 1 })],
  ...(missing === null
    ? (['bf16', 'fp16'] as const).map((precision): [string, () => Executor] => [
        `cuda in ${precision}, as C++`,
        () => cudaExecutor({ device: compiledDevice(precision === 'fp16' ? { half: 'f16' } : {}), precision }),
      ])
    : []),
]

describe.each(EXECUTORS)('%s', (_name, open) => {
  const opened: Executor[] = []
  afterAll(() => Promise.all(opened.map((executor) => executor.close())))

  const start = async (args: Partial<Arguments>) => {
    const executor = open()
    opened.push(executor)
    const tiny = await startTiny({ executor, args: { dropout: 0.3, weight_decay: 0.1, ...args } })
    const parts = tiny.args.gradient_accumulation_steps
    const batchesOf = (update: number) =>
      Array.from({ length: parts }, (_, i) => tiny.batchOf(tiny.train.slice(4 * (update * parts + i)).slice(0, 4)))
    const step = (update: number) =>
      tiny.learner.step({ batches: batchesOf(update), update, learning_rate: 1e-3 * (1 + update) })
    return { ...tiny, step }
  }
  type Started = Awaited<ReturnType<typeof start>>
  const oneByOne = async ({ step }: Started, updates: readonly number[]) => {
    const made = []
    for (const update of updates) made.push(await step(update))
    return made
  }

  it.each([{}, { gradient_accumulation_steps: 2 }])(
    'does in their order updates that are asked for at once: %o',
    async (args) => {
      const waits = await start(args)
      const made = await oneByOne(waits, [0, 1, 2, 3])
      const ahead = await start(args)
      expect(await Promise.all([0, 1, 2, 3].map(ahead.step))).toEqual(made)
      expect(await ahead.learner.snapshot()).toEqual(await waits.learner.snapshot())
    },
  )

  it('goes on from a snapshot as if it had never stopped', async () => {
    const whole = await start({})
    await oneByOne(whole, [0, 1])
    const snapshot = structuredClone(await whole.learner.snapshot())
    const made = await oneByOne(whole, [2, 3])
    const other = await start({})
    await oneByOne(other, [5])
    other.learner.resume(snapshot)
    expect(await oneByOne(other, [2, 3])).toEqual(made)
    expect(await other.learner.snapshot()).toEqual(await whole.learner.snapshot())
  })
})
