import * as tf from '@tensorflow/tfjs-core'
import type { Model, Parameter } from './models/model.ts'
import { decays } from './optimizer.ts'
import type { Weight } from './safetensors.ts'

/**
 * How a model's parameters lie in an executor: each matrix by itself, and all biases and norms side by side in one
 * vector. There are some 50 of those, small; updating them one by one costs more than all their arithmetic.
 */
export interface Layout {
  table: Parameter
  matrices: readonly Parameter[]
  vectors: readonly Parameter[]
  /** The tensors that an executor keeps: table, matrices, vector. */
  states: readonly { name: string; shape: readonly number[]; decay: boolean }[]
}

/** The state that holds all vectors. */
export const VECTORS = 'vectors'

export function layoutOf({ parameters, wordEmbeddings }: Model): Layout {
  const table = parameters.find(({ name }) => name === wordEmbeddings)
  if (!table) throw new Error(`The model does not declare \`${wordEmbeddings}\``)
  const isVector = ({ name, shape }: Parameter) => shape.length === 1 && !decays(name)
  const vectors = parameters.filter(isVector)
  const matrices = parameters.filter((parameter) => parameter !== table && !isVector(parameter))
  const alone = [table, ...matrices].map(({ name, shape }) => ({ name, shape, decay: decays(name) }))
  return { table, matrices, vectors, states: [...alone, { name: VECTORS, shape: [total(vectors)], decay: false }] }
}

/** The vectors as tensors of their own. */
export function split({ vectors }: Layout, state: tf.Tensor): tf.Tensor[] {
  return tf.split(state, vectors.map(size), 0)
}

/** Weights by parameter as weights by state: other arrays, unless `shares` says that they may be the same. */
export function toStates(
  { vectors, states }: Layout,
  weights: ReadonlyMap<string, Weight>,
  { shares = false }: { shares?: boolean } = {},
): Map<string, Weight> {
  const packed = new Float32Array(total(vectors))
  let at = 0
  for (const vector of vectors) {
    packed.set(weightOf(weights, vector.name).data, at)
    at += size(vector)
  }
  return new Map(
    states.map(({ name, shape }) => {
      if (name === VECTORS) return [name, { shape, data: packed }]
      const { data } = weightOf(weights, name)
      return [name, { shape, data: shares ? data : data.slice() }]
    }),
  )
}

/** Weights by state as weights by parameter. */
export function fromStates(
  { table, matrices, vectors }: Layout,
  states: ReadonlyMap<string, Weight>,
): Map<string, Weight> {
  const weights = new Map([table, ...matrices].map(({ name }) => [name, weightOf(states, name)]))
  const packed = weightOf(states, VECTORS).data
  let at = 0
  for (const vector of vectors) {
    weights.set(vector.name, { shape: vector.shape, data: packed.slice(at, at + size(vector)) })
    at += size(vector)
  }
  return weights
}

function weightOf(weights: ReadonlyMap<string, Weight>, name: string): Weight {
  const weight = weights.get(name)
  if (!weight) throw new Error(`There is no weight \`${name}\``)
  return weight
}

function size({ shape }: Parameter): number {
  return shape.reduce((product, length) => product * length, 1)
}

function total(parameters: readonly Parameter[]): number {
  return parameters.reduce((sum, parameter) => sum + size(parameter), 0)
}
