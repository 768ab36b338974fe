import * as tf from '@tensorflow/tfjs-core'
import { OWN } from '../tracer/kernels.ts'

/*
 * The arithmetic of every layer, forward and backward. Activations are [tokens, batch, width]: the heads of a token then
 * lie side by side in memory, no copy is needed to take them apart, and the first token of all rows is one block.
 * Gradients are written by hand where TensorFlow.js would record several times as many nodes.
 */

/** Where dropout draws its masks from. Null in evaluation. */
export type Dropout = ((shape: readonly number[], rate: number) => { mask: tf.Tensor; scale: number } | null) | null

/** Masks for one step: each call is another place in the model, counted in the order of the calls. */
export function dropoutPlaces(): NonNullable<Dropout> {
  let place = 0
  return (shape, rate) => {
    if (rate === 0) return null
    const mask = kernel(OWN.dropoutMask, {}, { shape: [...shape], place: place++, rate })
    return { mask, scale: 1 / (1 - rate) }
  }
}

/** x Wᵀ + b. x [..., in], weight [out, in], bias [out] → [..., out] */
export function linear(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return withGradient([x, weight, bias], ([x, weight, bias]) => ({
    value: tf.add(tf.matMul(x, weight, false, true), bias),
    gradient: (dy) => [tf.matMul(dy, weight), tf.matMul(rows(dy), rows(x), true, false), columnSum(dy)],
  }))
}

/**
 * gelu(x Wᵀ + b) with the exact erf: gelu(y) = y/2 (1 + erf(y/√2)), and its derivative (1 + erf(y/√2))/2 + y φ(y).
 * Written in z = y/√2, so that every constant is a factor of a matrix product, where it costs nothing.
 */
export function linearGelu(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
  return withGradient([x, weight, bias], ([x, weight, bias]) => {
    const z = tf.add(tf.mul(tf.matMul(x, weight, false, true), Math.SQRT1_2), tf.mul(bias, Math.SQRT1_2))
    const twiceCdf = tf.add(tf.erf(z), 1)
    return {
      value: tf.mul(tf.mul(z, twiceCdf), Math.SQRT1_2),
      gradient: (dy) => {
        // 2 y φ(y) = exp(ln(2/√π) - z²) z
        const density = tf.exp(tf.sub(Math.log(2 / Math.sqrt(Math.PI)), tf.square(z)))
        const twice = tf.mul(dy, tf.add(twiceCdf, tf.mul(density, z)))
        return [
          tf.mul(tf.matMul(twice, weight), 0.5),
          tf.mul(tf.matMul(rows(twice), rows(x), true, false), 0.5),
          tf.mul(columnSum(twice), 0.5),
        ]
      },
    }
  })
}

/** (x - mean) / √(variance + epsilon) · weight + bias over the last axis. */
export function layerNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor, epsilon: number): tf.Tensor {
  return withGradient([x, weight, bias], ([x, weight, bias]) => {
    const [value, mean, inverse] = kernels(OWN.layerNorm, { x, weight, bias }, { epsilon })
    return {
      value,
      gradient: (dy) => {
        const normed = tf.mul(tf.sub(x, mean), inverse)
        const scaled = tf.mul(dy, weight)
        const dWeight = tf.mul(dy, normed)
        // mean(scaled · normed), as a product with the weights: one pass less.
        const share = tf.mul(tf.matMul(dWeight, tf.expandDims(weight, -1)), 1 / at(weight, 0))
        return [
          tf.mul(tf.sub(tf.sub(scaled, tf.mean(scaled, -1, true)), tf.mul(normed, share)), inverse),
          columnSum(dWeight),
          columnSum(dy),
        ]
      },
    }
  })
}

/** Zeroes places at random and scales the others up, so that the expectation stays. */
export function dropout(x: tf.Tensor, draw: Dropout, rate: number): tf.Tensor {
  const drawn = draw?.(x.shape, rate)
  if (!drawn) return x
  const keep = tf.mul(drawn.mask, drawn.scale)
  return withGradient([x], ([x]) => ({ value: tf.mul(x, keep), gradient: (dy) => [tf.mul(dy, keep)] }))
}

/**
 * softmax(q kᵀ / √size + apart + bias) v for each head.
 * q [queries, batch, width]; k, v [tokens, batch, width]; bias [batch, 1, 1, tokens]; apart, where there is one, is learned:
 * [1, heads, queries, tokens] → [queries, batch, width]
 */
export function attention(input: {
  q: tf.Tensor
  k: tf.Tensor
  v: tf.Tensor
  bias: tf.Tensor
  apart?: tf.Tensor
  heads: number
  draw: Dropout
  rate: number
}): tf.Tensor {
  const { bias, apart, heads, draw, rate } = input
  const [queries = 0, batch = 0, width = 0] = input.q.shape
  const tokens = at(input.k, 0)
  const size = width / heads
  const split = (x: tf.Tensor) => tf.transpose(tf.reshape(x, [at(x, 0), batch, heads, size]), [1, 2, 0, 3]) // [batch, head, token, size]
  const merge = (x: tf.Tensor) => tf.reshape(tf.transpose(x, [2, 0, 1, 3]), [at(x, 2), batch, width]) // [token, batch, width]
  const root = 1 / Math.sqrt(size)
  const drawn = draw?.([batch, heads, queries, tokens], rate)
  const up = drawn?.scale ?? 1

  return withGradient([input.q, input.k, input.v, ...(apart ? [apart] : [])], ([q, k, v, near]) => {
    const scores = tf.mul(tf.matMul(split(q), split(k), false, true), root)
    const weights = tf.softmax(tf.add(near ? tf.add(scores, near) : scores, bias)) // [batch, head, query, token]
    const kept = drawn ? tf.mul(weights, drawn.mask) : weights
    return {
      value: merge(tf.mul(tf.matMul(kept, split(v)), up)),
      gradient: (dy) => {
        const dContext = split(dy)
        // The gradient of the weights times the weights; the softmax takes their sum away from it.
        const flow = tf.mul(tf.mul(tf.matMul(dContext, split(v), false, true), up), kept)
        const dScores = tf.sub(flow, tf.mul(weights, tf.sum(flow, -1, true)))
        return [
          merge(tf.mul(tf.matMul(dScores, split(k)), root)),
          merge(tf.mul(tf.matMul(dScores, split(q), true, false), root)),
          merge(tf.mul(tf.matMul(kept, dContext, true, false), up)),
          ...(near ? [tf.sum(dScores, 0, true)] : []),
        ]
      },
    }
  })
}

/**
 * What is added to the scores for how far query and key are apart. table [buckets, heads], buckets int32 [queries, tokens]
 * → [1, heads, queries, tokens]
 */
export function distanceBias(table: tf.Tensor, buckets: tf.Tensor): tf.Tensor {
  return withGradient([table], ([table]) => ({
    value: tf.expandDims(tf.transpose(tf.gather(table, buckets as tf.Tensor2D), [2, 0, 1]), 0),
    gradient: (dy) => {
      const each = rows(tf.transpose(tf.squeeze(dy, [0]), [1, 2, 0])) // [queries · tokens, heads]
      return [tf.unsortedSegmentSum(each, tf.reshape<tf.Rank.R1>(buckets, [-1]), at(table, 0))]
    },
  }))
}

/** Rows of a table. table [rows, width], indices [...] → [..., width] */
export function embedding(table: tf.Tensor, indices: tf.Tensor): tf.Tensor {
  return withGradient([table], ([table]) => ({
    value: tf.gather(table, indices as tf.Tensor1D),
    gradient: (dy) => [tf.unsortedSegmentSum(rows(dy), tf.reshape<tf.Rank.R1>(indices, [-1]), at(table, 0))],
  }))
}

/** The first token of each row. x [tokens, batch, width], isFirst [tokens, 1, 1] → [1, batch, width] */
export function firstToken(x: tf.Tensor, isFirst: tf.Tensor): tf.Tensor {
  return withGradient([x], ([x]) => ({
    value: tf.slice(x, [0, 0, 0], [1, -1, -1]),
    gradient: (dy) => [tf.mul(dy, isFirst)],
  }))
}

/**
 * −log p(label) of each row, with a share of the label spread over all classes.
 * logits [batch, labels], labels int32 [batch] → [batch]
 */
export function crossEntropy(logits: tf.Tensor, labels: tf.Tensor, smoothing: number): tf.Tensor {
  const classes = logits.shape[1] ?? 0
  const hot = tf.oneHot(labels, classes, 1, 0, 'float32')
  const target = smoothing === 0 ? hot : tf.add(tf.mul(hot, 1 - smoothing), smoothing / classes)
  return withGradient([logits], ([logits]) => {
    const shifted = tf.sub(logits, tf.max(logits, -1, true))
    const logP = tf.sub(shifted, tf.log(tf.sum(tf.exp(shifted), -1, true)))
    return {
      value: tf.neg(tf.sum(tf.mul(target, logP), -1)),
      gradient: (dy) => [tf.mul(tf.sub(tf.exp(logP), target), tf.expandDims(dy, -1))],
    }
  })
}

/**
 * Binary cross-entropy of each row, the mean over its labels, as BCEWithLogitsLoss: each label is there or is not.
 * logits [batch, labels], labels float32 [batch, labels] of 0 and 1 → [batch]
 */
export function binaryCrossEntropy(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  const share = 1 / at(logits, 1)
  return withGradient([logits], ([logits]) => {
    // max(x, 0) − x y + log(1 + exp(−|x|)), which no x makes overflow
    const size = tf.maximum(logits, tf.neg(logits))
    const rest = tf.log(tf.add(tf.exp(tf.neg(size)), 1))
    const losses = tf.add(tf.sub(tf.relu(logits), tf.mul(logits, labels)), rest)
    return {
      value: tf.mul(tf.sum(losses, -1), share),
      gradient: (dy) => {
        const probability = tf.div(1, tf.add(tf.exp(tf.neg(logits)), 1))
        return [tf.mul(tf.sub(probability, labels), tf.mul(tf.expandDims(dy, -1), share))]
      },
    }
  })
}

/** The square of what the output is off by. logits [batch, 1], labels float32 [batch] → [batch] */
export function squaredError(logits: tf.Tensor, labels: tf.Tensor): tf.Tensor {
  return withGradient([logits], ([logits]) => {
    const off = tf.sub(tf.squeeze(logits, [1]), labels)
    return {
      value: tf.square(off),
      gradient: (dy) => [tf.expandDims(tf.mul(tf.mul(off, 2), dy), -1)],
    }
  })
}

/** A function of tensors with its gradient beside it. `gradient` gives one tensor for each input. */
function withGradient<Inputs extends readonly tf.Tensor[]>(
  inputs: readonly [...Inputs],
  layer: (inputs: Inputs) => { value: tf.Tensor; gradient: (dy: tf.Tensor) => tf.Tensor[] },
): tf.Tensor {
  const run = tf.customGrad((...given: (tf.Tensor | tf.GradSaveFunc)[]) => {
    const { value, gradient } = layer(given.slice(0, inputs.length) as unknown as Inputs)
    // What `gradient` closes over must outlive the forward pass. Recorded tensors hold no memory, so all may stay.
    for (const tensor of tf.engine().state.activeScope.track) tf.keep(tensor)
    return { value, gradFunc: (dy: tf.Tensor) => gradient(dy) }
  })
  return run(...inputs)
}

function at(x: tf.Tensor, axis: number): number {
  const length = x.shape.at(axis)
  if (length === undefined) throw new Error(`[${x.shape.join(', ')}] has no axis ${axis}`)
  return length
}

/** The sum over all axes but the last, one after the other: each works on all cores, which one sum over rows does not. */
function columnSum(x: tf.Tensor): tf.Tensor {
  return x.shape.length === 1 ? x : columnSum(tf.sum(x, -2))
}

/** [..., width] as [rows, width] */
function rows(x: tf.Tensor): tf.Tensor {
  return tf.reshape(x, [-1, x.shape.at(-1) ?? 0])
}

function kernel(name: string, inputs: tf.NamedTensorMap, attributes: object): tf.Tensor {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap)
}

function kernels(name: string, inputs: tf.NamedTensorMap, attributes: object): [tf.Tensor, tf.Tensor, tf.Tensor] {
  return tf.engine().runKernel(name, inputs, attributes as tf.NamedAttrMap) as unknown as [
    tf.Tensor,
    tf.Tensor,
    tf.Tensor,
  ]
}
