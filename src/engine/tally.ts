import type { Batch } from './data/batches.ts'
import type { Model } from './models/model.ts'

/** Losses since the last log row, and over the whole run; `from` is what an earlier one knew. */
export function lossTally(from: { sum: number; steps: number; total: number } | null = null) {
  let { sum, steps, total } = from ?? { sum: 0, steps: 0, total: 0 }
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
    state: () => ({ sum, steps, total }),
  }
}

export type LossTally = ReturnType<typeof lossTally>

/** Trainer's total_flos: 6 × padded tokens × parameters outside of embeddings. `from`: tokens that were read before. */
export function flopTally({ parameters }: Model, from = 0) {
  const learned = parameters
    .filter(({ name }) => !/(?:embeddings|relative_attention_bias)\.weight$/.test(name))
    .reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0)
  let tokens = from
  return {
    add: (batches: readonly Batch[]) => {
      for (const { size, length } of batches) tokens += size * length
    },
    total: () => 6 * tokens * learned,
    tokens: () => tokens,
  }
}

export type FlopTally = ReturnType<typeof flopTally>
