import * as tf from '@tensorflow/tfjs-core'
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

/** The scale of a run that begins, as states. */
export function firstLossScale(): Map<string, Weight> {
  const scalar = (value: number): Weight => ({ shape: [], data: Float32Array.of(value) })
  return new Map([
    [SCALE, scalar(FIRST)],
    [GOOD_UPDATES, scalar(0)],
  ])
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
