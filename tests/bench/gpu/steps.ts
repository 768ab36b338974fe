import type { Batch } from '../../../src/engine/data/batches.ts'
import type { Learner } from '../../../src/engine/learner.ts'
import type { Shape } from './shapes.ts'

/** Without dropout, and with it: both executors draw the same masks. */
export const REFERENCES: readonly Shape[] = [
  { model: 'distilbert', batch: 16, tokens: 64, dropout: 0 },
  { model: 'distilbert', batch: 16, tokens: 64, dropout: 0.1 },
]

/** Losses and norms of the first steps. */
export async function stepsOf(
  learner: Learner,
  batchOf: (seed: number) => Batch,
  steps: number,
): Promise<{ loss: number; gradNorm: number }[]> {
  const made = []
  for (let update = 0; update < steps; update++) {
    made.push(await learner.step({ batches: [batchOf(100 + update)], update, learning_rate: 5e-5 }))
  }
  return made
}
