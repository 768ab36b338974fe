import type { Arguments } from '../../src/run/arguments.ts'
import type { Example } from '../../src/engine/data/tokenize.ts'
import { evaluate } from '../../src/engine/evaluate.ts'
import type { Executor } from '../../src/engine/executors/executor.ts'
import { epochOrder } from '../../src/engine/order.ts'
import { planOf, updatesOf } from '../../src/engine/plan.ts'
import { lossScaleStates } from '../../src/engine/loss-scale.ts'
import { rateAt } from '../../src/engine/schedule.ts'
import { startTiny, TRACES } from './trace.ts'

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
    for (const batches of batchesOf({ train, args, batchOf, epoch })) {
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

/**
 * Golden runs whose losses rounding leaves where they are. Not distilbert-regression: in its third step a number crosses
 * the bend of the head's ReLU, and from there on every precision goes its own way, torch's too (docs/performance.md).
 */
export const SMOOTH_TRACES = TRACES.filter((name) => name !== 'distilbert-regression')

/** Makes the first six updates of a golden run, and gives the worst relative error of their losses. */
export async function followLosses({ name, executor }: { name: string; executor: Executor }): Promise<number> {
  const { trace, args, train, learner, batchOf } = await startTiny({ name, executor })
  // Trainer's run was in fp32 and left no update out; 65536 overflows in models as small as these.
  if (executor.scalesLoss) executor.put(lossScaleStates({ scale: 1024, good_updates: 0, left_out: 0 }))
  const { totalSteps } = planOf({ rows: train.length, args })
  const wanted = trace.log.filter((row) => 'loss' in row).slice(0, 6)
  const apart: number[] = []
  for (let epoch = 0; apart.length < wanted.length; epoch++) {
    for (const batches of batchesOf({ train, args, batchOf, epoch }).slice(0, wanted.length - apart.length)) {
      const update = apart.length
      const { loss } = await learner.step({ batches, update, learning_rate: rateAt(update, totalSteps, args) })
      apart.push(Math.abs(loss / (wanted[update]?.loss ?? NaN) - 1))
    }
  }
  return apart.every(Number.isFinite) ? Math.max(...apart) : Infinity
}

/** What each update of an epoch learns from. */
function batchesOf({
  train,
  args,
  batchOf,
  epoch,
}: Pick<Awaited<ReturnType<typeof startTiny>>, 'train' | 'args' | 'batchOf'> & { epoch: number }) {
  const updates = updatesOf(epochOrder({ n: train.length, seed: args.seed, epoch }), args)
  return Array.from(updates, (places) =>
    places.map((rows) => batchOf(Array.from(rows, (row) => train[row] as Example))),
  )
}
