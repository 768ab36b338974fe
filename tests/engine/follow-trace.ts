import type { Arguments } from '../../src/run/arguments.ts'
import type { Example } from '../../src/engine/data/tokenize.ts'
import { evaluate } from '../../src/engine/evaluate.ts'
import type { Executor } from '../../src/engine/executors/executor.ts'
import { epochOrder } from '../../src/engine/order.ts'
import { planOf, updatesOf } from '../../src/engine/plan.ts'
import { rateAt } from '../../src/engine/schedule.ts'
import { startTiny } from './trace.ts'

/** Makes a golden run again, and gives the worst relative error of its losses, norms, evaluations and logits. */
export async function followTrace({
  name,
  executor,
  args: changed = {},
}: {
  name: string
  executor: Executor
  args?: Partial<Arguments>
}): Promise<number> {
  const { trace, problem, args, train, evaluated, learner, batchOf, pad_token_id } = await startTiny({
    name,
    executor,
    args: changed,
  })
  const plan = planOf({ rows: train.length, args })
  const rows = trace.log.filter((row) => 'loss' in row)
  const evaluations = trace.log.filter((row) => 'eval_loss' in row)
  let worst = 0
  const compare = (got: number, wanted: number | undefined) => {
    const error = Math.abs(got - (wanted ?? NaN)) / Math.max(1, Math.abs(wanted ?? NaN))
    worst = Number.isFinite(error) ? Math.max(worst, error) : Infinity
  }

  let step = 0
  for (const [epoch, evaluation] of evaluations.entries()) {
    for (const places of updatesOf(epochOrder({ n: train.length, seed: args.seed, epoch }), args)) {
      const batches = places.map((rows) => batchOf(Array.from(rows, (row) => train[row] as Example)))
      const learning_rate = rateAt(step, plan.totalSteps, args)
      const { loss, gradNorm } = await learner.step({ batches, update: step, learning_rate })
      const wanted = rows[step++] ?? {}
      compare(loss, wanted.loss)
      compare(gradNorm, wanted.grad_norm)
    }
    const row = await evaluate({
      learner,
      examples: evaluated,
      problem,
      batchSize: 8,
      padding: { pad_token_id, pad_to_multiple_of: null },
      afterBatch: () => undefined,
    })
    compare(Number(row.eval_loss), evaluation.eval_loss)
  }
  const { logits } = await learner.evaluate(batchOf(evaluated))
  trace.logits.flat().forEach((wanted, i) => compare(logits[i] ?? NaN, wanted))
  return worst
}
