import * as tf from '@tensorflow/tfjs-core'
import type { Attributes, Dtype } from './node.ts'
import type { Recorder } from './recorder.ts'

/** A kernel of TensorFlow.js as this recorder writes it down. */
type Kernel = (
  recorder: Recorder,
  inputs: Record<string, tf.TensorInfo>,
  attributes: never,
) => tf.TensorInfo | tf.TensorInfo[]

const BINARY = ['Add', 'Sub', 'Maximum', 'Minimum'] as const
const UNARY = ['Neg', 'Exp', 'Log', 'Sqrt', 'Erf', 'Tanh', 'Relu'] as const

/** The names of our own kernels, for `tf.engine().runKernel`. */
export const OWN = {
  layerNorm: 'LayerNorm',
  dropoutMask: 'DropoutMask',
  sumOfSquares: 'SumOfSquares',
  addRows: 'AddRows',
} as const

const KERNELS: Record<string, Kernel> = {
  ...Object.fromEntries(BINARY.map((op) => [op, binary(op)])),
  ...Object.fromEntries(UNARY.map((op) => [op, unary(op)])),
  Multiply: binary('Mul'),
  RealDiv: binary('Div'),
  Equal: binary('Equal', 'bool'),
  Greater: binary('Greater', 'bool'),
  Square: (recorder, { x }) => recorder.node('Mul', [given(x), given(x)], {}, given(x).shape, 'float32'),
  Step: (recorder, { x }) => {
    const zero = recorder.write(new Float32Array(1), [], 'float32')
    const positive = recorder.node(
      'Greater',
      [given(x), { dataId: zero, shape: [], dtype: 'float32' }],
      {},
      given(x).shape,
      'bool',
    )
    return recorder.node('Cast', [positive], {}, given(x).shape, 'float32')
  },
  Identity: (recorder, { x }) => recorder.infoFor(recorder.valueFor(given(x))),
  Cast: (recorder, { x }, { dtype }: { dtype: Dtype }) =>
    given(x).dtype === dtype
      ? recorder.infoFor(recorder.valueFor(given(x)))
      : recorder.node('Cast', [given(x)], {}, given(x).shape, dtype),
  Reshape: (recorder, { x }, { shape }: { shape: number[] }) =>
    reshape(recorder, given(x), tf.util.inferFromImplicitShape(shape, size(given(x).shape))),
  ExpandDims: (recorder, { input }, { dim }: { dim: number }) => {
    const shape = [...given(input).shape]
    shape.splice(dim < 0 ? shape.length + 1 + dim : dim, 0, 1)
    return reshape(recorder, given(input), shape)
  },
  Transpose: (recorder, { x }, { perm }: { perm: number[] }) =>
    recorder.node(
      'Transpose',
      [given(x)],
      { perm },
      perm.map((axis) => at(given(x).shape, axis)),
      dtypeOf(x),
    ),
  Slice: (recorder, { x }, { begin, size }: { begin: number[]; size: number[] }) => {
    const [from = [], extent = []] = tf.slice_util.parseSliceParams(given(x), begin, size)
    return recorder.node('Slice', [given(x)], { begin: from, size: extent }, extent, dtypeOf(x))
  },
  GatherV2: (recorder, { x, indices }) =>
    recorder.node(
      'Gather',
      [given(x), given(indices)],
      {},
      [...given(indices).shape, ...given(x).shape.slice(1)],
      dtypeOf(x),
    ),
  UnsortedSegmentSum: (recorder, { x, segmentIds }, { numSegments }: { numSegments: number }) =>
    recorder.node(
      'ScatterAdd',
      [given(x), given(segmentIds)],
      {},
      [numSegments, ...given(x).shape.slice(1)],
      dtypeOf(x),
    ),
  [OWN.addRows]: (recorder, { table, values, rows }) =>
    recorder.node('AddRows', [given(table), given(values), given(rows)], {}, given(table).shape, 'float32'),
  SplitV: (recorder, { x }, { numOrSizeSplits: sizes, axis }: { numOrSizeSplits: number[]; axis: number }) => {
    const shapes = sizes.map((size) => given(x).shape.map((length, i) => (i === axis ? size : length)))
    return recorder.nodeOfMany('Split', [given(x)], { axis, sizes }, shapes, dtypeOf(x))
  },
  Concat: (recorder, parts, { axis }: { axis: number }) => {
    const inputs = Object.values(parts)
    const along = inputs.reduce((sum, { shape }) => sum + at(shape, axis), 0)
    const shape = given(inputs[0]).shape.map((length, i) => (i === axis ? along : length))
    return recorder.node('Concat', inputs, { axis }, shape, 'float32')
  },
  OneHot: (recorder, { indices }, { depth, dtype }: { depth: number; dtype: Dtype }) =>
    recorder.node('OneHot', [given(indices)], { depth }, [...given(indices).shape, depth], dtype),
  Sum: reduction('Sum', 'axis'),
  Mean: reduction('Mean', 'axis'),
  Max: reduction('Max', 'reductionIndices'),
  Cumsum: (recorder, { x }, { axis }: { axis: number }) =>
    recorder.node('CumSum', [given(x)], { axis }, given(x).shape, dtypeOf(x)),
  Softmax: (recorder, { logits }) => recorder.node('Softmax', [given(logits)], {}, given(logits).shape, 'float32'),
  BatchMatMul: (recorder, { a, b }, { transposeA, transposeB }: { transposeA: boolean; transposeB: boolean }) =>
    matMul(recorder, given(a), given(b), transposeA, transposeB),
  [OWN.layerNorm]: (recorder, { x, weight, bias }, { epsilon }: Attributes['LayerNorm']) => {
    const column = [...given(x).shape.slice(0, -1), 1]
    return recorder.nodeOfMany(
      'LayerNorm',
      [given(x), given(weight), given(bias)],
      { epsilon },
      [given(x).shape, column, column],
      'float32',
    )
  },
  [OWN.dropoutMask]: (recorder, _, { shape, place, rate }: { shape: number[] } & Attributes['DropoutMask']) =>
    recorder.node('DropoutMask', [], { place, rate }, shape, 'float32'),
  [OWN.sumOfSquares]: (recorder, { x }) => recorder.node('SumOfSquares', [given(x)], {}, [], 'float32'),
}

/** Teaches TensorFlow.js what its kernels mean to this recorder. */
export function registerKernels(backendName: string, recorder: Recorder): void {
  for (const [kernelName, kernel] of Object.entries(KERNELS)) {
    tf.registerKernel({
      kernelName,
      backendName,
      kernelFunc: ({ inputs, attrs }) =>
        kernel(recorder, inputs as Record<string, tf.TensorInfo>, (attrs ?? {}) as never),
    })
  }
}

function binary(op: (typeof BINARY)[number] | 'Mul' | 'Div' | 'Equal' | 'Greater', dtype?: Dtype): Kernel {
  return (recorder, { a, b }) => {
    const shape = tf.broadcast_util.assertAndGetBroadcastShape(given(a).shape, given(b).shape)
    return recorder.node(op, [given(a), given(b)], {}, shape, dtype ?? dtypeOf(a))
  }
}

function unary(op: (typeof UNARY)[number]): Kernel {
  return (recorder, { x }) => recorder.node(op, [given(x)], {}, given(x).shape, dtypeOf(x))
}

function reduction(op: 'Sum' | 'Mean' | 'Max', attribute: 'axis' | 'reductionIndices'): Kernel {
  return (recorder, { x }, attributes: Record<string, number | number[]> & { keepDims?: boolean }) => {
    const input = given(x)
    const axes = tf.util.parseAxisParam(attributes[attribute] as number | number[], input.shape)
    const keepDims = attributes.keepDims ?? false
    const shape = input.shape.flatMap((length, axis) => (axes.includes(axis) ? (keepDims ? [1] : []) : [length]))
    return recorder.node(op, [input], { axes, keepDims }, shape, 'float32')
  }
}

function reshape(recorder: Recorder, x: tf.TensorInfo, shape: number[]): tf.TensorInfo {
  return recorder.node('Reshape', [x], {}, shape, dtypeOf(x))
}

function matMul(
  recorder: Recorder,
  a: tf.TensorInfo,
  b: tf.TensorInfo,
  transposeA: boolean,
  transposeB: boolean,
): tf.TensorInfo {
  const rows = at(a.shape, transposeA ? -1 : -2)
  const columns = at(b.shape, transposeB ? -2 : -1)
  if (at(a.shape, transposeA ? -2 : -1) !== at(b.shape, transposeB ? -1 : -2)) {
    throw new Error(`matMul of [${a.shape.join(', ')}] and [${b.shape.join(', ')}]: inner sizes differ`)
  }
  const batches = tf.broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2))
  const attributes = { transposeA, transposeB, scale: 1, rowsFirstA: false, rowsFirstB: false }
  return recorder.node('MatMul', [a, b], attributes, [...batches, rows, columns], 'float32')
}

function given(tensor: tf.TensorInfo | undefined): tf.TensorInfo {
  if (!tensor) throw new Error('A kernel was called without an input that it needs.')
  return tensor
}

function dtypeOf(tensor: tf.TensorInfo | undefined): Dtype {
  return given(tensor).dtype as Dtype
}

function at(shape: readonly number[], axis: number): number {
  const length = shape.at(axis)
  if (length === undefined) throw new Error(`[${shape.join(', ')}] has no axis ${axis}`)
  return length
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
