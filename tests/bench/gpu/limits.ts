import { spawnSync } from 'node:child_process'
import { RunFailure } from '../../../src/engine/failure.ts'
import { open, round } from './open.ts'
import { type Shape, startShape } from './shapes.ts'

const gib = (bytes: number) => round(bytes / 2 ** 30)

/**
 * What the card's memory allows. More rows than fit are refused before the first step, with the number that would fit; that
 * number is then trained. While it holds the card, another process asks for more than is left.
 */
export async function limits(): Promise<object> {
  const shape: Shape = { model: 'distilbert', batch: 1600, tokens: 512, dropout: 0.1 }
  const refused = await refusalOf(shape)
  const fits = Number(/per_device_train_batch_size` to (\d+)/.exec(refused?.remedy ?? '')?.[1])
  const { device, executor } = await open('bf16')
  const before = device.memory()
  const { learner, batchOf } = await startShape({ executor, shape: { ...shape, batch: fits } })
  const losses: number[] = []
  const times: number[] = []
  for (let update = 0; update < 4; update++) {
    const start = performance.now()
    losses.push((await learner.step({ batches: [batchOf(update)], update, learning_rate: 5e-5 })).loss)
    times.push(round(performance.now() - start))
  }
  const after = device.memory()
  const half = JSON.stringify({ ...shape, batch: fits >> 1, precision: 'bf16' })
  const beside = spawnSync(process.execPath, [...process.execArgv, process.argv[1] ?? '', 'refusal', half], {
    encoding: 'utf8',
  })
  return {
    refused,
    fits,
    losses,
    times,
    gib: { total: gib(before.total), free_before: gib(before.free), free_after: gib(after.free) },
    beside: beside.status === 0 ? (JSON.parse(beside.stdout.trim()) as object) : beside.stderr.slice(-1500),
  }
}

/** What a first step of this shape is refused with; null where it fits. */
export async function refusalOf(shape: Shape): Promise<Pick<RunFailure, 'code' | 'message' | 'remedy'> | null> {
  const { executor } = await open('bf16')
  try {
    const { learner, batchOf } = await startShape({ executor, shape })
    await learner.step({ batches: [batchOf(0)], update: 0, learning_rate: 5e-5 })
    return null
  } catch (error) {
    if (!(error instanceof RunFailure)) throw error
    const { code, message, remedy } = error
    return { code, message, remedy }
  } finally {
    await executor.close()
  }
}
