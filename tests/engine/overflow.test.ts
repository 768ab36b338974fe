import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { cudaExecutor } from '../../src/engine/executors/cuda/executor.ts'
import type { Executor } from '../../src/engine/executors/executor.ts'
import { lossScaleStates } from '../../src/engine/loss-scale.ts'
import { rateAt } from '../../src/engine/schedule.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { compiledDevice, compilerMissing } from './executors/cuda/compiled.ts'
import { startTiny } from './trace.ts'

const missing = await compilerMissing()

interface Golden {
  args: Partial<Arguments>
  rows: number
  updates: { loss: number; grad_norm: number | null; learning_rate: number; overflowed: boolean; scale: number }[]
  weights: Record<string, number[]>
}
const golden = JSON.parse(readFileSync(new URL('../golden/overflow/trace.json', import.meta.url), 'utf8')) as Golden

/** A loss scale with which the norm of the gradients is no number any more, while the loss still is. */
const TOO_LARGE = 2 ** 120

// Updates that overflow, by torch's GradScaler: in 32-bit floats here, so that the numbers are the same.
describe.skipIf(missing !== null)('an update that overflows', () => {
  const opened: Executor[] = []
  afterAll(() => Promise.all(opened.map((executor) => executor.close())))

  const start = async () => {
    const executor: Executor = { ...cudaExecutor({ device: compiledDevice(), precision: 'fp32' }), scalesLoss: true }
    opened.push(executor)
    const tiny = await startTiny({ executor, args: golden.args })
    const batchOf = (update: number) =>
      tiny.batchOf(
        Array.from(
          { length: golden.rows },
          (_, i) => tiny.train[(golden.rows * update + i) % tiny.train.length],
        ).filter((example) => example !== undefined),
      )
    const learning_rate = (taken: number) => rateAt(taken, golden.updates.length, tiny.args)
    /** Asks for an update, and makes it overflow where torch's did. */
    const step = (update: number) => {
      const scale = golden.updates[update - 1]?.scale ?? 65_536
      const overflows = golden.updates[update]?.overflowed ?? false
      const put = (value: number) => {
        const states = lossScaleStates({ scale: value, good_updates: 0, left_out: 0 })
        executor.put(new Map([...states].filter(([name]) => name === 'loss_scale')))
      }
      put(overflows ? TOO_LARGE : scale)
      return tiny.learner.step({ batches: [batchOf(update)], update, learning_rate })
    }
    return { ...tiny, executor, step, batchOf }
  }
  const all = golden.updates.map((_, update) => update)

  it('counts neither in the schedule nor in AdamW, and halves the scale, as in Trainer', async () => {
    const { step, learner, executor } = await start()
    for (const [update, wanted] of golden.updates.entries()) {
      const made = await step(update)
      expect(made.skipped).toBe(wanted.overflowed)
      expect(made.learning_rate).toBeCloseTo(wanted.learning_rate, 12)
      expect(made.loss / wanted.loss, `loss of update ${update}`).toBeCloseTo(1, 5)
      if (wanted.grad_norm !== null) expect(made.gradNorm / wanted.grad_norm).toBeCloseTo(1, 4)
      const scale = (await executor.read(['loss_scale'])).get('loss_scale')?.data[0]
      expect(scale).toBe(wanted.overflowed ? TOO_LARGE / 2 : wanted.scale)
    }
    const { weights, loss_scale } = await learner.snapshot()
    expect(loss_scale?.left_out).toBe(golden.updates.filter(({ overflowed }) => overflowed).length)
    for (const [name, wanted] of Object.entries(golden.weights)) {
      const got = weights.get(name)?.data.subarray(0, wanted.length) ?? []
      wanted.forEach((value, i) => expect(got[i], `${name} ${i}`).toBeCloseTo(value, 5))
    }
  })

  it('is left out where those after it were asked for before anybody knew', async () => {
    const { step, learner } = await start()
    const begin = structuredClone(await learner.snapshot())
    const made = []
    for (const update of all) made.push(await step(update))
    const end = structuredClone(await learner.snapshot())
    // All is compiled now: each does its work when it is asked for.
    learner.resume(begin)
    expect(await Promise.all(all.map(step))).toEqual(made)
    expect(await learner.snapshot()).toEqual(end)
  })

  it('makes the scale grow after 2000 updates without one, and not before', async () => {
    const { executor, learner, batchOf } = await start()
    const step = () => learner.step({ batches: [batchOf(0)], update: 0, learning_rate: 0 })
    const after = async (good_updates: number) => {
      executor.put(lossScaleStates({ scale: 1024, good_updates, left_out: 0 }))
      expect((await step()).skipped).toBe(false)
      return (await learner.snapshot()).loss_scale
    }
    expect(await after(1998)).toEqual({ scale: 1024, good_updates: 1999, left_out: 0 })
    expect(await after(1999)).toEqual({ scale: 2048, good_updates: 0, left_out: 0 })
  })

  it('leaves its count behind however many there were before', async () => {
    const made = async (left_out: number) => {
      const { learner, batchOf } = await start()
      const begin = structuredClone(await learner.snapshot())
      learner.resume({ ...begin, loss_scale: { scale: 1024, good_updates: 0, left_out } })
      const rate = (taken: number) => 1e-3 * (1 + taken)
      const update = await learner.step({ batches: [batchOf(0)], update: left_out + 3, learning_rate: rate })
      return { update, weights: (await learner.snapshot()).weights }
    }
    const [none, hundred] = [await made(0), await made(100)]
    expect(none.update).toMatchObject({ taken: 4, learning_rate: 4e-3, skipped: false })
    expect(hundred).toEqual(none)
  })

  it('may be one of 32 on their way, which is said of one more', async () => {
    const { learner, batchOf } = await start()
    const step = (update: number) => learner.step({ batches: [batchOf(0)], update, learning_rate: 1e-3 })
    const updates = Array.from({ length: 32 }, (_, update) => step(update))
    await expect(step(32)).rejects.toThrow('More than 32 updates are on their way')
    expect(await Promise.all(updates)).toHaveLength(32)
    await step(32)
  })

  it('is known of when a run goes on', async () => {
    const whole = await start()
    const made = []
    for (const update of all.slice(0, 5)) made.push(await whole.step(update))
    const snapshot = structuredClone(await whole.learner.snapshot())
    for (const update of all.slice(5)) made.push(await whole.step(update))
    const other = await start()
    other.learner.resume(snapshot)
    const rest = []
    for (const update of all.slice(5)) rest.push(await other.step(update))
    expect(rest).toEqual(made.slice(5))
    expect(await other.learner.snapshot()).toEqual(await whole.learner.snapshot())
  })
})
