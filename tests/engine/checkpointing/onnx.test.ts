import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { onnxExecutor } from '../../../src/engine/executors/onnx/executor.ts'
import { followTrace } from '../follow-trace.ts'
import { startTiny } from '../trace.ts'
import { apart, CONFIGS, fewSteps } from './steps.ts'

const executor = onnxExecutor({ threads: 1 })
afterAll(() => executor.close())

describe('gradient checkpointing by the onnx executor', () => {
  it.each([
    'distilbert',
    'bert',
    'roberta',
    'electra',
    'mpnet',
    'distilbert-all',
    'distilbert-multi-label',
    'bert-regression',
  ])("gives the numbers of Trainer's run of %s", async (name) => {
    expect(await followTrace({ name, executor, args: { gradient_checkpointing: true } })).toBeLessThanOrEqual(1e-5)
  })

  it.each(
    Object.keys(CONFIGS).flatMap(
      (name) =>
        [
          [name, 1],
          [name, 3],
        ] as const,
    ),
  )(
    'gives what a run of %s gives without, with dropout, %i batches an update',
    async (name, gradient_accumulation_steps) => {
      const args = { gradient_accumulation_steps }
      const without = await fewSteps({ name, executor, args })
      const checkpointed = await fewSteps({ name, executor, args: { ...args, gradient_checkpointing: true } })
      expect(apart(checkpointed, without)).toBeLessThan(1e-6)
      // Which says something only where masks are drawn.
      expect(apart(await fewSteps({ name, executor, args: { ...args, dropout: 0 } }), without)).toBeGreaterThan(1e-4)
    },
  )

  it('goes on from what a run without it left, and the other way round', async () => {
    const start = async (gradient_checkpointing: boolean) => {
      const { learner, train, batchOf } = await startTiny({
        executor,
        args: { dropout: 0.3, gradient_checkpointing },
        config: CONFIGS['distilbert'] ?? {},
      })
      const step = (update: number) =>
        learner.step({ batches: [batchOf(train.slice(4 * update, 4 * update + 4))], update, learning_rate: 1e-3 })
      return { learner, step }
    }
    const whole = await start(false)
    const wanted = [await whole.step(0), await whole.step(1), await whole.step(2), await whole.step(3)]
    const first = await start(true)
    const got = [await first.step(0), await first.step(1)]
    const left = await first.learner.snapshot()
    const second = await start(false)
    second.learner.resume(left)
    got.push(await second.step(2))
    const again = await second.learner.snapshot()
    const third = await start(true)
    third.learner.resume(again)
    got.push(await third.step(3))
    expect(got).toEqual(wanted)
  })

  it('holds less than a third of what a step of twelve layers holds without', () => {
    const peak = (gradient_checkpointing: boolean): number => {
      const child = spawnSync(
        process.execPath,
        ['--import', 'tsx', join(import.meta.dirname, 'peak.ts'), String(gradient_checkpointing)],
        { encoding: 'utf8' },
      )
      if (child.status !== 0) throw new Error(child.stderr)
      return Number(child.stdout)
    }
    expect(peak(true)).toBeLessThan(peak(false) / 3)
  })
})
