import * as tf from '@tensorflow/tfjs-core'
import type { Executor } from './executors/executor.ts'
import type { Weight } from './safetensors.ts'
import type { Scribe } from './tracer/record.ts'

/*
 * In half precision small gradients become zero, so the loss is multiplied before its gradients are taken, and what comes
 * of it divided again: torch's GradScaler, in the program. Too large a scale overflows; such an update is left out, and
 * the next is made with half the scale. Neither the schedule nor AdamW counts it, as in Trainer. Updates are asked for
 * before it is known how many of those before them are left out, so each is given its numbers for every count that is
 * possible, and the program, which counts, chooses.
 */

const FIRST = 65_536
const GROWTH = 2
const BACKOFF = 0.5
/** Updates without overflow after which the scale grows. */
const INTERVAL = 2000

const SCALE = 'loss_scale'
const GOOD_UPDATES = 'loss_scale.good_updates'
const LEFT_OUT = 'loss_scale.left_out'

/** How many updates may be on their way, of which nobody knows whether they are left out. */
export const MOST_UNKNOWN = 32
/** The counts of updates left out for which an update is given numbers. */
export const LEFT_OUT_FEED = 'adam.left_out'

/** Larger than any gradient that did not overflow, and its square still a number. */
const LARGEST = 1e18

/** Where a loss scale stands: a checkpoint keeps it, or a run that goes on would scale otherwise. */
export interface LossScale {
  scale: number
  good_updates: number
  /** Updates that were left out so far */
  left_out: number
}

/** The scale of a run that begins, or of one that goes on, as states. */
export function lossScaleStates(
  { scale, good_updates, left_out }: LossScale = { scale: FIRST, good_updates: 0, left_out: 0 },
) {
  const scalar = (value: number): Weight => ({ shape: [], data: Float32Array.of(value) })
  return new Map([
    [SCALE, scalar(scale)],
    [GOOD_UPDATES, scalar(good_updates)],
    [LEFT_OUT, scalar(left_out)],
  ])
}

/** Where the scale stands now. */
export async function readLossScale({ read }: Pick<Executor, 'read'>): Promise<LossScale> {
  const states = await read([SCALE, GOOD_UPDATES, LEFT_OUT])
  const of = (name: string) => states.get(name)?.data[0] ?? NaN
  return { scale: of(SCALE), good_updates: of(GOOD_UPDATES), left_out: of(LEFT_OUT) }
}

/** What the loss of this update is multiplied by. */
export function lossScale(scribe: Scribe): tf.Scalar {
  return scribe.state(SCALE, []) as tf.Scalar
}

/** 1 where the norm of all gradients is a number, and the update is made; 0 where it is left out. */
export function isTaken(norm: tf.Tensor): tf.Scalar {
  return tf.cast(tf.equal(tf.sub(norm, norm), 0), 'float32')
}

/** A gradient that may be multiplied by 0 without leaving a trace of what overflowed. */
export function withoutOverflow(gradient: tf.Tensor): tf.Tensor {
  return tf.maximum(tf.minimum(gradient, LARGEST), -LARGEST)
}

/** Of feeds that hold a number for each count in LEFT_OUT_FEED, the numbers for the count at which the program is. */
export function chosen(scribe: Scribe, leftOut: tf.Tensor, names: readonly string[]): tf.Tensor[] {
  const isIt = tf.cast(tf.equal(scribe.feed(LEFT_OUT_FEED, [MOST_UNKNOWN]), leftOut), 'float32')
  return names.map((name) => tf.sum(tf.mul(scribe.feed(name, [MOST_UNKNOWN]), isIt)))
}

/** Updates that were left out before this one. */
export function leftOutBefore(scribe: Scribe): tf.Scalar {
  return scribe.state(LEFT_OUT, []) as tf.Scalar
}

/** Writes the scale of the next update, and how many are left out before it. */
export function setNextScale({
  scribe,
  scale,
  leftOut,
  taken,
}: {
  scribe: Scribe
  scale: tf.Tensor
  leftOut: tf.Tensor
  taken: tf.Tensor
}): void {
  scribe.setState(LEFT_OUT, tf.add(leftOut, tf.sub(1, taken)))
  const good = tf.add(scribe.state(GOOD_UPDATES, []), 1)
  const grows = tf.cast(tf.greater(good, INTERVAL - 0.5), 'float32')
  const growth = tf.add(tf.mul(grows, GROWTH - 1), 1)
  const factor = tf.add(tf.mul(taken, tf.sub(growth, BACKOFF)), BACKOFF)
  scribe.setState(SCALE, tf.mul(scale, factor))
  scribe.setState(GOOD_UPDATES, tf.mul(tf.mul(good, taken), tf.sub(1, grows)))
}
