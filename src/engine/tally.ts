import type { Batch } from './data/batches.ts'
import type { Model } from './models/model.ts'

/** Losses since the last log row, and over the whole run. */
export function lossTally() {
  let sum = 0
  let steps = 0
  let total = 0
  return {
    add: (loss: number) => {
      sum += loss
      total += loss
      steps++
    },
    hasSteps: () => steps > 0,
    /** The mean since the last time. */
    take: () => {
      const mean = sum / steps
      sum = 0
      steps = 0
      return mean
    },
    /** Trainer's train_loss: the mean over all steps. */
    mean: (step: number) => total / Math.max(step, 0.001),
  }
}

/** Trainer's total_flos: 6 × padded tokens × parameters outside of embeddings. */
export function flopTally({ parameters }: Model) {
  const learned = parameters
    .filter(({ name }) => !name.endsWith('embeddings.weight'))
    .reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0)
  let tokens = 0
  return {
    add: (batches: readonly Batch[]) => {
      for (const { size, length } of batches) tokens += size * length
    },
    total: () => 6 * tokens * learned,
  }
}
