import * as tf from '@tensorflow/tfjs-core'
import type { Arguments } from '../run/arguments.ts'
import {
  chosen,
  isTaken,
  leftOutBefore,
  LEFT_OUT_FEED,
  MOST_UNKNOWN,
  setNextScale,
  withoutOverflow,
} from './loss-scale.ts'
import { OWN } from './tracer/kernels.ts'
import type { Scribe } from './tracer/record.ts'

/** The feeds of an update, numbers that change from step to step; computed in double precision (see `updateFeeds`). */
export const UPDATE_FEEDS = ['adam.decay', 'adam.rate', 'adam.epsilon'] as const

/** Names of the two moments of a parameter. */
export const moments = (name: string) => ({ m: `${name}.exp_avg`, v: `${name}.exp_avg_sq` })

/** Whether weight decay applies: not to biases nor normalisation, as Trainer.get_decay_parameter_names says. */
export function decays(name: string): boolean {
  return !/bias|layernorm|rmsnorm|(?:^|\.)norm(?:$|\.)|_norm(?:$|\.)/.test(name.toLowerCase())
}

/** A tensor in training. */
export interface Trained {
  name: string
  tensor: tf.Tensor
  /** As the tensor; or only the rows that `rows` names, each once, where the others have none. */
  gradient: tf.Tensor
  rows: tf.Tensor | null
  decay: boolean
}

/**
 * Clips gradients to a global norm and makes one step of torch's AdamW, all in the program. Gives the norm before clipping.
 *
 *   m ← β₁ m + (1 − β₁) g      v ← β₂ v + (1 − β₂) g²
 *   p ← p (1 − lr·wd) − lr / (1 − β₁ᵗ) · m / (√(v / (1 − β₂ᵗ)) + ε)
 *
 * The learning rate and its bias corrections are fed as three numbers: the schedule stays one pure function, and β₂ᵗ is
 * not eroded by float32.
 */
export function adamw({
  scribe,
  trained,
  args,
  scale = null,
}: {
  scribe: Scribe
  trained: readonly Trained[]
  /** What the gradients were multiplied by; where one overflowed, nothing changes but the next scale. */
  scale?: tf.Tensor | null
  args: Pick<Arguments, 'adam_beta1' | 'adam_beta2' | 'max_grad_norm'>
}): tf.Tensor {
  const { adam_beta1: beta1, adam_beta2: beta2, max_grad_norm } = args
  const leftOut = scale && leftOutBefore(scribe)
  const [decay, rate, epsilon] = (
    leftOut ? chosen(scribe, leftOut, UPDATE_FEEDS) : UPDATE_FEEDS.map((name) => scribe.feed(name, []))
  ) as [tf.Tensor, tf.Tensor, tf.Tensor]
  const scaled = globalNorm(asBackwardMakesThem(trained))
  const norm = scale ? tf.div(scaled, scale) : scaled
  const clip = max_grad_norm === 0 ? tf.scalar(1) : tf.minimum(tf.div(max_grad_norm, tf.add(norm, 1e-6)), 1)
  const taken = scale && isTaken(scaled)
  if (scale && leftOut && taken) {
    scribe.output('taken', taken)
    setNextScale({ scribe, scale, leftOut, taken })
  }
  /** A factor that is 1, and changes nothing, where the update is left out. */
  const unlessLeftOut = <Factor extends tf.Tensor | number>(factor: Factor): tf.Tensor | Factor =>
    taken ? tf.sub(1, tf.mul(tf.sub(1, factor), taken)) : factor
  const share = scale && taken ? tf.div(tf.mul(clip, taken), scale) : clip
  const share1 = tf.mul(share, 1 - beta1)
  const share2 = tf.mul(tf.square(share), 1 - beta2)
  const [keep1, keep2, kept] = [unlessLeftOut(beta1), unlessLeftOut(beta2), unlessLeftOut(decay)]
  const stepSize = taken ? tf.mul(rate, taken) : rate

  for (const { name, tensor: p, gradient, rows, decay: isDecayed } of trained) {
    const g = scale ? withoutOverflow(gradient) : gradient
    const names = moments(name)
    const plus = (sum: tf.Tensor, more: tf.Tensor) => (rows ? addRows(sum, more, rows) : tf.add(sum, more))
    const m = plus(tf.mul(scribe.state(names.m, p.shape), keep1), tf.mul(g, share1))
    const v = plus(tf.mul(scribe.state(names.v, p.shape), keep2), tf.mul(tf.mul(g, share2), g))
    const change = tf.mul(tf.div(m, tf.add(tf.sqrt(v), epsilon)), stepSize)
    scribe.setState(names.m, m)
    scribe.setState(names.v, v)
    scribe.setState(name, tf.sub(isDecayed ? tf.mul(p, kept) : p, change))
  }
  return norm
}

/** The three numbers of update `step` (1 is the first) at a learning rate. */
export function updateFeeds(
  step: number,
  learning_rate: number,
  {
    weight_decay,
    adam_beta1,
    adam_beta2,
    adam_epsilon,
  }: Pick<Arguments, 'weight_decay' | 'adam_beta1' | 'adam_beta2' | 'adam_epsilon'>,
): Record<(typeof UPDATE_FEEDS)[number], Float32Array> {
  const correction = Math.sqrt(1 - adam_beta2 ** step)
  return {
    'adam.decay': Float32Array.of(1 - learning_rate * weight_decay),
    'adam.rate': Float32Array.of((learning_rate * correction) / (1 - adam_beta1 ** step)),
    'adam.epsilon': Float32Array.of(adam_epsilon * correction),
  }
}

/**
 * As `updateFeeds`, where updates may be left out and `update` (0 is the first) is one of several on their way: the numbers
 * for each count of updates left out before it, from those that are known of on.
 */
export function possibleFeeds({
  update,
  leftOut,
  rateAt,
  args,
}: {
  update: number
  /** Updates known to be left out */
  leftOut: number
  /** The learning rate after so many updates that were taken */
  rateAt: (taken: number) => number
  args: Parameters<typeof updateFeeds>[2]
}): Record<(typeof UPDATE_FEEDS)[number] | typeof LEFT_OUT_FEED, Float32Array> {
  const counts = Float32Array.from({ length: MOST_UNKNOWN }, (_, i) => leftOut + i)
  const each = Array.from(counts, (count) => {
    const taken = Math.max(0, update - count)
    return updateFeeds(taken + 1, rateAt(taken), args)
  })
  const all = (name: (typeof UPDATE_FEEDS)[number]) => Float32Array.from(each, (feeds) => feeds[name][0] ?? NaN)
  return {
    [LEFT_OUT_FEED]: counts,
    'adam.decay': all('adam.decay'),
    'adam.rate': all('adam.rate'),
    'adam.epsilon': all('adam.epsilon'),
  }
}

function addRows(table: tf.Tensor, values: tf.Tensor, rows: tf.Tensor): tf.Tensor {
  return tf.engine().runKernel<tf.Tensor>(OWN.addRows, { table, values, rows })
}

/**
 * The gradients in the order in which the backward pass comes to them: last layer first, vectors at the end, since they
 * are gathered from all layers. The onnx executor runs a program from its end back, first operand last, so the sum of
 * the squares decides when a gradient is made. In any other order all activations live until all layers are done.
 */
function asBackwardMakesThem(trained: readonly Trained[]): tf.Tensor[] {
  return trained
    .map(({ gradient }) => gradient)
    .reverse()
    .sort((a, b) => b.rank - a.rank)
}

function globalNorm(tensors: readonly tf.Tensor[]): tf.Tensor {
  const squares = tensors.map((x) => tf.engine().runKernel<tf.Scalar>(OWN.sumOfSquares, { x }))
  return tf.sqrt(squares.reduce((sum, each) => tf.add(sum, each)))
}
