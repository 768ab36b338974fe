import { afterAll, describe, expect, it } from 'vitest'
import { measure } from '../../src/run/events.ts'
import type { Example } from '../../src/engine/data/tokenize.ts'
import { evaluate } from '../../src/engine/evaluate.ts'
import { onnxExecutor } from '../../src/engine/executors/onnx/executor.ts'
import { epochOrder } from '../../src/engine/order.ts'
import { planOf, updatesOf } from '../../src/engine/plan.ts'
import { rateAt } from '../../src/engine/schedule.ts'
import { startTiny, TRACES } from './trace.ts'

const executor = onnxExecutor({ threads: 1 })
afterAll(() => executor.close())

const MEASURES = /^eval_(accuracy|f1|mse|mae|pearson)$/

/** What so short a run says differs from row to row by 1e-4 only: rounding shows in its correlation with the truth. */
const slack = (measure: string) => (measure === 'eval_pearson' ? 1e-3 : 1e-5)

const close = (got: number, wanted: number, slack = 1e-5) =>
  expect(Math.abs(got - wanted), `${got} for ${wanted}`).toBeLessThanOrEqual(slack * Math.max(1, Math.abs(wanted)))

// Whole runs of Trainer: every loss, norm, rate, evaluation, and the logits at the end.
describe.each(TRACES)("Trainer's run of %s", (name) => {
  it('gives the same numbers', async () => {
    const { trace, problem, args, train, evaluated, learner, batchOf, pad_token_id } = await startTiny({
      name,
      executor,
    })
    const plan = planOf({ rows: train.length, args })
    const rows = trace.log.filter((row) => 'loss' in row)
    const evaluations = trace.log.filter((row) => 'eval_loss' in row)
    expect(rows).toHaveLength(plan.totalSteps)
    expect(plan.totalSteps).toBeGreaterThanOrEqual(12)

    let step = 0
    for (const [epoch, evaluation] of evaluations.entries()) {
      for (const places of updatesOf(epochOrder({ n: train.length, seed: args.seed, epoch }), args)) {
        const batches = places.map((rows) => batchOf(Array.from(rows, (row) => train[row] as Example)))
        const learning_rate = rateAt(step, plan.totalSteps, args)
        const { loss, gradNorm } = await learner.step({ batches, update: step, learning_rate })
        const wanted = rows[step++] ?? {}
        close(loss, wanted.loss ?? NaN)
        close(gradNorm, wanted.grad_norm ?? NaN)
        expect(learning_rate).toBeCloseTo(wanted.learning_rate ?? NaN, 12)
      }
      const padding = { pad_token_id, pad_to_multiple_of: null }
      const row = await evaluate({
        learner,
        examples: evaluated,
        problem,
        batchSize: 8,
        padding,
        afterBatch: () => undefined,
      })
      close(Number(row.eval_loss), Number(measure(evaluation.eval_loss ?? NaN)))
      for (const measure of Object.keys(evaluation).filter((key) => MEASURES.test(key)))
        close(Number((row as Record<string, unknown>)[measure]), evaluation[measure] ?? NaN, slack(measure))
      expect(Object.keys(evaluation).some((key) => MEASURES.test(key))).toBe(true)
    }

    const { logits } = await learner.evaluate(batchOf(evaluated))
    trace.logits.flat().forEach((wanted, i) => close(logits[i] ?? NaN, wanted))
  })
})
