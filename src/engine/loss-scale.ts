import * as tf from '@tensorflow/tfjs-core'
import type { Executor } from './executors/executor.ts'
import type { Weight } from './safetensors.ts'
import type { Scribe } from './tracer/record.ts'

/*
 * In half precision small gradients become zero, so the loss is multiplied before its gradients are taken, and what comes
 * of it divided again: torch's GradScaler, in the program. Too large a scale overflows; such an update is left out, and
 * the next is made with half the scale.
 */

const FIRST = 65_536
const GROWTH = 2
const BACKOFF = 0.5
/** Updates without overflow after which the scale grows. */
const INTERVAL = 2000

const SCALE = 'loss_scale'
const GOOD_UPDATES = 'loss_scale.good_updates'

/** Larger than any gradient that did not overflow, and its square still a number. */
const LARGEST = 1e18

/** Where a loss scale stands: a checkpoint keeps it, or a run that goes on would scale otherwise. */
export interface LossScale {
  scale: number
  good_updates: number
}

/** The scale of a run that begins, or of one that goes on, as states. */
export function lossScaleStates({ scale, good_updates }: LossScale = { scale: FIRST, good_updates: 0 }) {
  const scalar = (value: number): Weight => ({ shape: [], data: Float32Array.of(value) })
  return new Map([
    [SCALE, scalar(scale)],
    [GOOD_UPDATES, scalar(good_updates)],
  ])
}

/** Where the scale stands now. */
export async function readLossScale({ read }: Pick<Executor, 'read'>): Promise<LossScale> {
  const states = await read([SCALE, GOOD_UPDATES])
  return { scale: states.get(SCALE)?.data[0] ?? NaN, good_updates: states.get(GOOD_UPDATES)?.data[0] ?? NaN }
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

/** Writes the scale of the next update. */
export function setNextScale({ scribe, scale, taken }: { scribe: Scribe; scale: tf.Tensor; taken: tf.Tensor }): void {
  const good = tf.add(scribe.state(GOOD_UPDATES, []), 1)
  const grows = tf.cast(tf.greater(good, INTERVAL - 0.5), 'float32')
  const growth = tf.add(tf.mul(grows, GROWTH - 1), 1)
  const factor = tf.add(tf.mul(taken, tf.sub(growth, BACKOFF)), BACKOFF)
  scribe.setState(SCALE, tf.mul(scale, factor))
  scribe.setState(GOOD_UPDATES, tf.mul(tf.mul(good, taken), tf.sub(1, grows)))
}
