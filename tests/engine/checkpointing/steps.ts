import type { Arguments } from '../../../src/run/arguments.ts'
import type { Executor } from '../../../src/engine/executors/executor.ts'
import { startTiny } from '../trace.ts'

/** Four layers, so that one that is computed again stands between others. */
export const CONFIGS: Readonly<Record<string, Record<string, unknown>>> = {
  distilbert: { n_layers: 4 },
  bert: { num_hidden_layers: 4 },
  mpnet: { num_hidden_layers: 4 },
  electra: { num_hidden_layers: 4 },
  roberta: { num_hidden_layers: 4 },
}

/** Losses, norms and weights of a few updates of a golden model with more layers, with dropout unless `args` says otherwise. */
export async function fewSteps({
  name = 'distilbert',
  executor,
  args = {},
  config = {},
}: {
  name?: string
  executor: Executor
  args?: Partial<Arguments>
  config?: Record<string, unknown>
}) {
  const { learner, train, evaluated, batchOf } = await startTiny({
    name,
    executor,
    args: { dropout: 0.3, pad_to_multiple_of: 32, ...args },
    config: { ...CONFIGS[name], ...config },
  })
  const per = args.gradient_accumulation_steps ?? 1
  const made: number[] = []
  for (let update = 0; update < 3; update++) {
    // The last batch of an update is smaller, as at the end of an epoch.
    const batches = Array.from({ length: per }, (_, i) => {
      const from = 4 * (per * update + i)
      return batchOf(train.slice(from, from + (i > 0 ? 2 : 4)))
    })
    const { loss, gradNorm } = await learner.step({ batches, update, learning_rate: 1e-3 })
    made.push(loss, gradNorm)
  }
  const { logits } = await learner.evaluate(batchOf(evaluated))
  const { weights } = await learner.snapshot()
  return { made, logits, weights }
}

/** How far two runs are apart at most, in their losses, norms, logits and weights, relative where numbers are above 1. */
export function apart(one: Awaited<ReturnType<typeof fewSteps>>, other: Awaited<ReturnType<typeof fewSteps>>): number {
  let worst = 0
  const compare = (got: ArrayLike<number>, wanted: ArrayLike<number>) => {
    if (got.length !== wanted.length || got.length === 0) throw new Error('There is nothing to compare')
    for (let i = 0; i < got.length; i++) {
      const error = Math.abs((got[i] ?? NaN) - (wanted[i] ?? NaN)) / Math.max(1, Math.abs(wanted[i] ?? NaN))
      worst = Number.isFinite(error) ? Math.max(worst, error) : Infinity
    }
  }
  compare(one.made, other.made)
  compare(one.logits, other.logits)
  for (const [name, { data }] of one.weights) compare(data, other.weights.get(name)?.data ?? [])
  return worst
}
