import type { Batch } from '../../../src/engine/data/batches.ts'
import type { Learner } from '../../../src/engine/learner.ts'
import type { Weight } from '../../../src/engine/safetensors.ts'
import type { Shape } from './shapes.ts'

export const STEPS = 6
/** One set of batches says little of what rounding does. */
export const SETS = 5

/**
 * What fp32 is compared on: small, for the cores that make the reference. Both executors draw the same masks where tokens are
 * a multiple of 32, as the GPU pads them.
 */
export const REFERENCES: readonly Shape[] = [
  { model: 'distilbert', batch: 16, tokens: 64, dropout: 0 },
  { model: 'distilbert', batch: 16, tokens: 64, dropout: 0.1 },
  { model: 'wide', batch: 6, tokens: 32, dropout: 0.1, labels: 1000 },
  { model: 'odd', batch: 5, tokens: 33, dropout: 0, labels: 3 },
]
/** Sizes that take other kernels than those of the usual models, in the other precisions beside fp32 on the same card. */
export const UNUSUAL: readonly Shape[] = REFERENCES.slice(2)
/** What the other precisions are compared on, with fp32 on the same card. */
export const ROUNDED: Shape = { model: 'distilbert', batch: 16, tokens: 256, dropout: 0 }
/** What must be the same twice. */
export const DROPPED: Shape = { model: 'distilbert', batch: 16, tokens: 64, dropout: 0.1 }

export type Losses = { loss: number; gradNorm: number }[]

/** What a check found: relative differences, of each step of each set. */
export interface Checked {
  /** Of golden runs of Trainer in fp32, the worst: in fp32 of everything, else of the first six losses */
  golden: Record<string, number>
  /** Of six steps of models of unusual sizes beside fp32, the worst loss */
  unusual: Record<string, number>
  compared: Compared[]
  /** Where ReLU is far from its bend; with the gradients of the first step, by parameter, in parts of its length */
  smooth: (Compared & { gradients: Record<string, number> }) | null
  /** The same with layers that are computed again */
  checkpointed: Compared | null
  same_twice: boolean
  kernels: { cached: number; compiled: number }
}
export interface Compared {
  loss: number[]
  norm: number[]
  losses: number[]
}

/**
 * The same weights, but for biases before the head's ReLU that keep every number away from its bend. With random weights
 * the rows of a batch are so much alike that a gradient is what is left of many that cancel, and a single number that
 * rounding carries over the bend changes it by some hundredths, whatever it was rounded to.
 */
export function awayFromBend(weights: ReadonlyMap<string, Weight>): Map<string, Weight> {
  const name = 'pre_classifier.bias'
  const data = Float32Array.from(weights.get(name)?.data ?? [], (_, i) => (i % 2 === 0 ? -3 : 3))
  return new Map([...weights, [name, { shape: [data.length], data }]])
}

/** Losses and norms of the first steps. */
export async function stepsOf(
  learner: Learner,
  batchOf: (seed: number) => Batch,
  { from, to } = { from: 0, to: STEPS },
): Promise<Losses> {
  const made: Losses = []
  for (let update = from; update < to; update++) {
    const { loss, gradNorm } = await learner.step({ batches: [batchOf(100 + update)], update, learning_rate: 5e-5 })
    made.push({ loss, gradNorm })
  }
  return made
}

/** How far each step is from what was wanted. */
export function apart(got: Losses, wanted: Losses): Compared {
  const relative = (of: keyof Losses[number]) => got.map((row, i) => Math.abs(row[of] / (wanted[i]?.[of] ?? NaN) - 1))
  return { loss: relative('loss'), norm: relative('gradNorm'), losses: got.map(({ loss }) => loss) }
}
