import type { NodeOf, Value } from '../../../tracer/node.ts'
import { axesOf } from '../program/operands.ts'
import { first, pair, type Users } from '../program/users.ts'
import { biasOf } from './bias.ts'
import type { Builder } from './builder.ts'
import { matricesOf } from './matrices.ts'
import { contiguous, count, isContiguous, type Matrices, type Step, type View } from './step.ts'
import type { Values } from './values.ts'
import { permuted } from './view.ts'

/** Below this, in m, n or k, the matrix units have nothing to hold on to: such a product reads numbers as they are. */
const SMALLEST = 8

export function isForMatrixUnits({ m, n, k }: Pick<Matrices, 'm' | 'n' | 'k'>): boolean {
  return Math.min(m, n, k) >= SMALLEST
}

/** A product of matrices with the strides that cuBLAS takes, the bias that it may add, and the order in which it writes. */
export function product({
  node,
  build,
  values: { viewOf, elementOf, isActivation },
  users,
  half,
}: {
  node: NodeOf<'MatMul'>
  build: Builder
  values: Values
  users: Users
  /** Whether products of activations read half precision */
  half: boolean
}): View {
  const { add, along, copy, inHalf, literal, point, reshape } = build
  const [a, b] = pair(node.inputs).map((value, i) => operand(viewOf(value), node, i === 0 ? 'A' : 'B')) as [View, View]
  const [result] = node.outputs as [Value]
  // One column is a sum along rows, which fuses with what is around it.
  if (result.shape.at(-1) === 1 && isContiguous(a) && count(b.shape) === a.shape.at(-1)) {
    const width = a.shape.at(-1) ?? 1
    const terms = point('($0 * $1)', [a, reshape(b, [width])], a.shape, elementOf(pair(node.inputs)[0]))
    const sum = along('rowSum', terms)
    return point('($0 * $1)', [sum, literal(node.attributes.scale)], result.shape, 'float')
  }
  const laid = laidOut(node, users)
  const small = withoutMatrices({ node, a, b, laid, build, elementOf, users, viewOf })
  if (small) return small
  const { shape, strides } = laid
  const bias = biasOf(node, users, viewOf)
  let operands = [a, b]
  const settled = () => matricesOf(operands as [View, View], { shape: result.shape, strides })
  const asTheyAre = settled()
  const isHalf = half && node.inputs.some(isActivation) && (!asTheyAre || isForMatrixUnits(asTheyAre))
  if (isHalf) operands = [inHalf(a), inHalf(b)]
  let matrices = settled()
  if (!matrices) {
    operands = operands.map((view) => copy(view))
    matrices = settled()
  }
  if (!matrices) throw new Error(`A product of [${a.shape.join()}] and [${b.shape.join()}] cannot be laid out`)
  const { step } = add<Step & { kind: 'product' }>({
    kind: 'product',
    matrices: { ...matrices, scale: node.attributes.scale },
    inputs: [...operands, ...(bias ? [isHalf ? inHalf(bias) : bias] : [])],
    shape,
    element: elementOf(result),
  })
  return { step, shape: result.shape, strides, offset: 0 }
}

/** A column times a row is arithmetic, and a row times a matrix a sum over rows: both fuse with what is around them. */
function withoutMatrices({
  node,
  a,
  b,
  laid: { shape, strides },
  build: { add, literal, point },
  elementOf,
  users,
  viewOf,
}: {
  node: NodeOf<'MatMul'>
  a: View
  b: View
  laid: ReturnType<typeof laidOut>
  build: Builder
  elementOf: Values['elementOf']
  users: Users
  viewOf: Values['viewOf']
}): View | null {
  const result = first(node.outputs)
  const [rows = 1, inner = 1] = a.shape.slice(-2)
  const rank = result.shape.length
  if (a.shape.length !== rank || b.shape.length !== rank || rank < 3 || biasOf(node, users, viewOf)) return null
  const scale = literal(node.attributes.scale)
  if (inner === 1) {
    const order = orderOf(node, users) ?? result.shape.map((_, axis) => axis)
    const { step } = point('($0 * $1 * $2)', [permuted(a, order), permuted(b, order), scale], shape, elementOf(result))
    return { step, shape: result.shape, strides, offset: 0 }
  }
  const columns = result.shape.at(-1) ?? 1
  const groups = count(result.shape.slice(0, -2))
  if (rows !== 1 || columns < 16 || b.strides.at(-1) !== 1 || count(b.shape) !== groups * inner * columns) return null
  const standing = permuted(a, [...Array.from({ length: rank - 2 }, (_, axis) => axis), rank - 1, rank - 2])
  const terms = point('($0 * $1)', [standing, b], b.shape, 'float')
  const sum = add<Step & { kind: 'columnSum' }>({
    kind: 'columnSum',
    groups,
    members: inner,
    inputs: [{ ...terms, shape: [groups * inner, columns], strides: contiguous([groups * inner, columns]) }],
    shape: [groups, columns],
    element: 'float',
  })
  const { step } = point('($0 * $1)', [{ ...sum, shape, strides: contiguous(shape) }, scale], shape, elementOf(result))
  return { step, shape: result.shape, strides, offset: 0 }
}

/** The shape in which a product's result lies, and the strides of the result in it. */
export function laidOut(
  node: NodeOf<'MatMul'>,
  users: Users,
): { shape: readonly number[]; strides: readonly number[] } {
  const { shape } = first(node.outputs)
  const order = orderOf(node, users)
  if (order === null) return { shape, strides: contiguous(shape) }
  const turned = order.map((axis) => shape[axis] ?? 1)
  const laid = contiguous(turned)
  return { shape: turned, strides: shape.map((_, axis) => laid[order.indexOf(axis)] ?? 0) }
}

/** The axes of a product in the order in which its only reader, a transposition, wants them. */
function orderOf(node: NodeOf<'MatMul'>, users: Users): readonly number[] | null {
  const [only, ...others] = users.get(first(node.outputs).id) ?? []
  if (others.length > 0 || only === undefined || only === 'left' || only.op !== 'Transpose') return null
  const { perm } = only.attributes
  return perm.at(-1) === perm.length - 1 ? perm : null
}

/** An operand as [...batches, rows, columns]. */
export function operand(view: View, node: NodeOf<'MatMul'>, side: 'A' | 'B'): View {
  return permuted(view, axesOf(view, node, side))
}
