import type * as Core from '@tensorflow/tfjs-core'
import type { Node, NodeOf, Op, Value } from '../../tracer/node.ts'
import { fillDraws } from '../onnx/draws.ts'

/** TensorFlow.js as the addon brings it: its own copy, so only what that copy exports is used. */
export type Tf = typeof Core

/** What a node may need besides its inputs. */
export interface Now {
  tf: Tf
  dropout: { seed: number; step: number }
}

type Perform = { [Each in Op]: (node: NodeOf<Each>, inputs: Core.Tensor[], now: Now) => Core.Tensor | Core.Tensor[] }

/** Computes one node now. What is made on the way is given back; the caller disposes of what this returns. */
export function perform(node: Node, inputs: Core.Tensor[], now: Now): Core.Tensor[] {
  const run = PERFORM[node.op] as (node: Node, inputs: Core.Tensor[], now: Now) => Core.Tensor | Core.Tensor[]
  return [now.tf.tidy(() => run(node, inputs, now))].flat()
}

/** A constant of the program, made once. */
export function constant({ attributes: { values }, outputs }: NodeOf<'Constant'>, tf: Tf): Core.Tensor {
  const { shape, dtype } = first(outputs)
  return tf.tensor(values, [...shape], dtype)
}

/** The recorder's kernels (tracer/kernels.ts) the other way round. Every shape is known by now. */
const PERFORM: Perform = {
  Constant: (node, _, { tf }) => constant(node, tf),
  Cast: ({ outputs }, [x], { tf }) => tf.cast(given(x), first(outputs).dtype),

  Add: (_, [a, b], { tf }) => tf.add(given(a), given(b)),
  Sub: (_, [a, b], { tf }) => tf.sub(given(a), given(b)),
  Mul: (_, [a, b], { tf }) => tf.mul(given(a), given(b)),
  Div: (_, [a, b], { tf }) => tf.div(given(a), given(b)),
  Maximum: (_, [a, b], { tf }) => tf.maximum(given(a), given(b)),
  Minimum: (_, [a, b], { tf }) => tf.minimum(given(a), given(b)),
  Equal: (_, [a, b], { tf }) => tf.equal(given(a), given(b)),
  Greater: (_, [a, b], { tf }) => tf.greater(given(a), given(b)),
  Neg: (_, [x], { tf }) => tf.neg(given(x)),
  Exp: (_, [x], { tf }) => tf.exp(given(x)),
  Log: (_, [x], { tf }) => tf.log(given(x)),
  Sqrt: (_, [x], { tf }) => tf.sqrt(given(x)),
  Erf: (_, [x], { tf }) => tf.erf(given(x)),
  Tanh: (_, [x], { tf }) => tf.tanh(given(x)),
  Relu: (_, [x], { tf }) => tf.relu(given(x)),

  Reshape: ({ outputs }, [x], { tf }) => tf.reshape(given(x), [...first(outputs).shape]),
  Transpose: ({ attributes: { perm } }, [x], { tf }) => tf.transpose(given(x), [...perm]),
  Slice: ({ attributes: { begin, size } }, [x], { tf }) => tf.slice(given(x), [...begin], [...size]),
  Gather: (_, [table, indices], { tf }) => tf.gather(given(table), given(indices)),
  ScatterAdd: ({ outputs }, [values, rows], { tf }) => sumAt(given(values), given(rows), first(outputs).shape, tf),
  AddRows: (_, [table, values, rows], { tf }) =>
    tf.add(given(table), sumAt(given(values), given(rows), given(table).shape, tf)),
  Split: ({ attributes: { axis, sizes } }, [x], { tf }) => tf.split(given(x), [...sizes], axis),
  Concat: ({ attributes: { axis } }, parts, { tf }) => tf.concat(parts, axis),
  OneHot: ({ attributes: { depth }, outputs }, [indices], { tf }) =>
    tf.oneHot(given(indices), depth, 1, 0, first(outputs).dtype),

  Sum: ({ attributes: { axes, keepDims } }, [x], { tf }) => tf.sum(given(x), [...axes], keepDims),
  Mean: ({ attributes: { axes, keepDims } }, [x], { tf }) => tf.mean(given(x), [...axes], keepDims),
  Max: ({ attributes: { axes, keepDims } }, [x], { tf }) => tf.max(given(x), [...axes], keepDims),
  SumOfSquares: (_, [x], { tf }) => tf.sum(tf.square(given(x))),
  CumSum: ({ attributes: { axis } }, [x], { tf }) => tf.cumsum(given(x), axis),
  Softmax: (_, [x], { tf }) => tf.softmax(given(x)),
  MatMul: ({ attributes }, [a, b], { tf }) => {
    const { transposeA, transposeB, scale, rowsFirstA, rowsFirstB } = attributes
    const [left, right] = [batchesFirst(given(a), rowsFirstA, tf), batchesFirst(given(b), rowsFirstB, tf)]
    const product = matMul({ left, right, transposeA, transposeB, tf })
    return scale === 1 ? product : tf.mul(product, scale)
  },
  LayerNorm: ({ attributes: { epsilon } }, [x, weight, bias], { tf }) => {
    const mean = tf.mean(given(x), -1, true)
    const centred = tf.sub(given(x), mean)
    const inverse = tf.rsqrt(tf.add(tf.mean(tf.square(centred), -1, true), epsilon))
    return [tf.add(tf.mul(tf.mul(centred, inverse), given(weight)), given(bias)), mean, inverse]
  },
  /** Row · column as 32-bit numbers that wrap around: the masks of the other executors (onnx/lower.ts says why). */
  DropoutMask: ({ attributes: { place, rate }, outputs }, _, { tf, dropout }) => {
    const { shape } = first(outputs)
    const rows = draws([...shape.slice(0, -1), 1], { ...dropout, place: 2 * place }, tf)
    const columns = draws([shape.at(-1) ?? 1], { ...dropout, place: 2 * place + 1 }, tf)
    const threshold = tf.scalar(Math.round((rate - 0.5) * 2 ** 32), 'int32')
    return tf.cast(tf.greater(tf.mul(rows, columns), threshold), 'float32')
  },
  /** Nodes run in their order, so the others are there. */
  After: (_, [x]) => given(x).clone(),
}

function draws(shape: number[], of: { seed: number; step: number; place: number }, tf: Tf): Core.Tensor {
  const values = new Int32Array(shape.reduce((product, length) => product * length, 1))
  fillDraws(values, of)
  return tf.tensor(values, shape, 'int32')
}

/** [rows, width] with each value at its row, and those of one row added up. */
function sumAt(values: Core.Tensor, rows: Core.Tensor, shape: readonly number[], tf: Tf): Core.Tensor {
  return tf.unsortedSegmentSum(values, rows as Core.Tensor1D, shape[0] ?? 0)
}

/** [rows, ...batches, columns] as [...batches, rows, columns]. */
function batchesFirst(x: Core.Tensor, rowsFirst: boolean, tf: Tf): Core.Tensor {
  if (!rowsFirst) return x
  return tf.transpose(x, [...Array.from({ length: x.rank - 2 }, (_, axis) => axis + 1), 0, x.rank - 1])
}

/** A matrix that serves every batch multiplies all rows at once: one large product instead of many small ones. */
function matMul({
  left,
  right,
  transposeA,
  transposeB,
  tf,
}: {
  left: Core.Tensor
  right: Core.Tensor
  transposeA: boolean
  transposeB: boolean
  tf: Tf
}): Core.Tensor {
  if (left.rank <= 2 || right.rank > 2 || transposeA) return tf.matMul(left, right, transposeA, transposeB)
  const columns = left.shape.at(-1) ?? 1
  const product = tf.matMul(tf.reshape(left, [-1, columns]), right, false, transposeB)
  return tf.reshape(product, [...left.shape.slice(0, -1), product.shape.at(-1) ?? 1])
}

function given(tensor: Core.Tensor | undefined): Core.Tensor {
  if (!tensor) throw new Error('A node is performed without an input that it needs.')
  return tensor
}

function first(values: readonly Value[]): Value {
  const [value] = values
  if (!value) throw new Error('A node has no output.')
  return value
}
