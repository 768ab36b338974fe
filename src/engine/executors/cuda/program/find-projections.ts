import type { Node, NodeOf, Value } from '../../../tracer/node.ts'
import type { Attention } from './find-attention.ts'
import type { Users } from './users.ts'

/** x Wᵀ + b, as models/layers.ts writes a linear layer. */
export interface Projection {
  product: NodeOf<'MatMul'>
  add: NodeOf<'Add'>
  /** Null in evaluation. */
  backward: ProjectionGradient | null
}

export interface ProjectionGradient {
  /** The gradient of what was projected. */
  dy: Value
  dx: NodeOf<'MatMul'>
  /** dy as [rows, width] */
  rows: NodeOf<'Reshape'>
  dWeight: NodeOf<'MatMul'>
  /** One over each axis of the rows; the last makes the gradient of the bias. */
  sums: readonly NodeOf<'Sum'>[]
  bias: Value
}

/** The projections that make an attention's queries, keys and values, if they are three of one x, and nothing else reads them. */
export function projectionsOf(
  { scores, context, backward }: Attention,
  { users, makers, states }: { users: Users; makers: ReadonlyMap<number, Node>; states: ReadonlySet<number> },
): [Projection, Projection, Projection] | null {
  const readers = (value: Value | undefined): readonly (Node | 'left')[] => users.get(value?.id ?? -1) ?? []
  const makerOf = <Op extends Node['op']>(value: Value | undefined, op: Op): NodeOf<Op> | null => {
    const node = makers.get(value?.id ?? -1)
    return node?.op === op ? (node as unknown as NodeOf<Op>) : null
  }
  const only = <Op extends Node['op']>(value: Value | undefined, op: Op): NodeOf<Op> | null => {
    const [one, ...others] = readers(value)
    return one !== undefined && one !== 'left' && others.length === 0 && one.op === op
      ? (one as unknown as NodeOf<Op>)
      : null
  }

  const forward = (read: Value | undefined): Pick<Projection, 'product' | 'add'> | null => {
    const add = makerOf(makerOf(read, 'Reshape')?.inputs[0], 'Add')
    const product = makerOf(add?.inputs[0], 'MatMul')
    if (!add || !product || only(product.outputs[0], 'Add') === null) return null
    const { transposeA, transposeB, rowsFirstA, rowsFirstB } = product.attributes
    const isLinear = transposeB && !transposeA && !rowsFirstA && !rowsFirstB
    const isRead = readers(add.outputs[0]).every((reader) => reader !== 'left' && reader.op === 'Reshape')
    const isOfStates = states.has(product.inputs[1]?.id ?? -1) && add.inputs[1]?.shape.length === 1
    return isLinear && isRead && isOfStates ? { product, add } : null
  }
  const gradient = (made: NodeOf<'MatMul'>, { product }: Pick<Projection, 'product'>): ProjectionGradient | null => {
    const dy = only(only(made.outputs[0], 'Transpose')?.outputs[0], 'Reshape')?.outputs[0]
    const find = <Op extends Node['op']>(op: Op) =>
      readers(dy).find((node) => node !== 'left' && node.op === op) as unknown as NodeOf<Op> | undefined
    const [dx, rows, sum] = [find('MatMul'), find('Reshape'), find('Sum')]
    const dWeight = only(rows?.outputs[0], 'MatMul')
    if (!dy || !dx || !rows || !sum || !dWeight || readers(dy).length !== 3) return null
    if (dx.inputs[1] !== product.inputs[1] || dx.attributes.transposeA || dx.attributes.transposeB) return null
    if (dWeight.inputs[0] !== rows.outputs[0] || !dWeight.attributes.transposeA || dWeight.attributes.transposeB) {
      return null
    }
    const sums = [sum]
    for (let next = only(sum.outputs[0], 'Sum'); next; next = only(next.outputs[0], 'Sum')) sums.push(next)
    const bias = sums.at(-1)?.outputs[0]
    return bias ? { dy, dx, rows, dWeight, sums, bias } : null
  }

  const ends = [backward?.dQuery, backward?.dKeys, backward?.dValues]
  const found = [scores.inputs[0], scores.inputs[1], context.inputs[1]].map((read, i): Projection | null => {
    const projection = forward(read)
    const end = ends[i]
    if (!projection || !end) return projection && { ...projection, backward: null }
    const made = gradient(end, projection)
    return made && { ...projection, backward: made }
  })
  const [q, k, v] = found
  if (!q || !k || !v) return null
  const isAlike = (of: (projection: Projection) => unknown) => of(q) === of(k) && of(k) === of(v)
  return isAlike(({ product }) => product.inputs[0]) &&
    isAlike(({ product }) => product.attributes.scale) &&
    isAlike(({ product }) => String(product.outputs[0]?.shape)) &&
    isAlike(({ backward }) => backward?.dx.attributes.scale) &&
    isAlike(({ backward }) => backward?.dWeight.attributes.scale) &&
    isAlike(({ backward }) => makerOf(backward?.dWeight.inputs[1], 'Reshape')?.inputs[0]) &&
    isAlike(({ backward }) => String(backward?.sums.map(({ attributes }) => attributes.axes)))
    ? [q, k, v]
    : null
}
