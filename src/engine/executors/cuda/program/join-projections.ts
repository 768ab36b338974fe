import type { Node, NodeOf, Value } from '../../../tracer/node.ts'
import type { Specialised } from './activations.ts'
import { findAttentions } from './find-attention.ts'
import { type Projection, type ProjectionGradient, projectionsOf } from './find-projections.ts'
import { hasKernel } from './has-kernel.ts'
import { type Sum, sumOf } from './sum-of.ts'
import { first, makersOf, pair, usersOf } from './users.ts'

/*
 * The queries, keys and values of a layer are three products with one left operand. Where attention reads and writes them
 * by strides, they lie side by side in one tensor, made by one product, and so do their gradients:
 *
 *   [q k v] = x Wᵀ + b          W = [Wq; Wk; Wv], b = [bq bk bv]
 *   dx = [dq dk dv] W           dW = [dq dk dv]ᵀ x           db = sums of [dq dk dv]
 *
 * Neither model nor optimizer know of it: the parts of W are states of their own, and what is made of them comes apart
 * into views. `lower/concat.ts` sees to it that nothing is copied.
 */

/** The program with the projections of attentions that are kernels of their own joined, as far as they are three of one tensor. */
export function joinProjections({ program, activations, ofTokens }: Specialised): Specialised {
  const users = usersOf(program)
  const found = findAttentions(program, users)
  const attentions = new Set([...found.values()].map(({ attention }) => attention))
  const makers = makersOf(program)
  const states = new Set(program.inputs.filter(({ kind }) => kind === 'state').map(({ value }) => value.id))
  const rows = new Set(activations)
  const large = new Set(ofTokens)
  const gone = new Set<Node>()
  const inPlaceOf = new Map<Node, Node[]>()
  let ids = Math.max(...program.inputs.map(({ value }) => value.id), ...makers.keys())

  /** A value like another, but for its shape. */
  const like = (value: Value, shape: readonly number[]): Value => {
    const made = { ...value, id: ++ids, shape }
    if (activations.has(value.id)) rows.add(made.id)
    if (ofTokens.has(value.id)) large.add(made.id)
    return made
  }
  /** As so many values of one kind side by side along an axis. */
  const wide = (value: Value, axis: number, parts: number) =>
    like(value, value.shape.with(axis, (value.shape.at(axis) ?? 0) * parts))
  const concat = (inputs: readonly Value[], axis: number): NodeOf<'Concat'> => ({
    op: 'Concat',
    inputs,
    outputs: [wide(first(inputs), axis, inputs.length)],
    attributes: { axis },
  })
  const split = (value: Value, axis: number, outputs: readonly Value[]): NodeOf<'Split'> => ({
    op: 'Split',
    inputs: [value],
    outputs,
    attributes: { axis, sizes: outputs.map(({ shape }) => shape[axis] ?? 0) },
  })

  const joinForward = (parts: readonly Projection[]): { weight: Value; axis: number } => {
    const { product, add } = first(parts)
    const weight = concat(
      parts.map(({ product }) => pair(product.inputs)[1]),
      0,
    )
    const bias = concat(
      parts.map(({ add }) => pair(add.inputs)[1]),
      0,
    )
    const made = wide(first(product.outputs), -1, parts.length)
    const sum = wide(first(add.outputs), -1, parts.length)
    const axis = sum.shape.length - 1
    inPlaceOf.set(product, [
      weight,
      bias,
      { ...product, inputs: [first(product.inputs), first(weight.outputs)], outputs: [made] },
      { ...add, inputs: [made, first(bias.outputs)], outputs: [sum] },
      split(
        sum,
        axis,
        parts.map(({ add }) => first(add.outputs)),
      ),
    ])
    for (const { product, add } of parts) for (const node of [product, add] as Node[]) gone.add(node)
    return { weight: first(weight.outputs), axis }
  }

  const joinBackward = (
    parts: readonly ProjectionGradient[],
    { nodes, terms, result }: Sum,
    { weight, axis }: { weight: Value; axis: number },
  ): void => {
    const { dx, rows, dWeight, sums } = first(parts)
    const dy = concat(
      parts.map(({ dy }) => dy),
      axis,
    )
    const flat = wide(first(rows.outputs), -1, parts.length)
    const gradient = wide(first(dWeight.outputs), 0, parts.length)
    const others = terms.filter(({ id }) => !parts.some(({ dx }) => first(dx.outputs).id === id))
    let total = others.length === 0 ? result : like(result, result.shape)
    let summed = first(dy.outputs)
    inPlaceOf.set(dx, [
      dy,
      { ...dx, inputs: [first(dy.outputs), weight], outputs: [total] },
      ...others.map((term, i): NodeOf<'Add'> => {
        const inputs = [total, term]
        total = i === others.length - 1 ? result : like(result, result.shape)
        return { op: 'Add', inputs, outputs: [total], attributes: {} }
      }),
      { ...rows, inputs: dy.outputs, outputs: [flat] },
      { ...dWeight, inputs: [flat, pair(dWeight.inputs)[1]], outputs: [gradient] },
      split(
        gradient,
        0,
        parts.map(({ dWeight }) => first(dWeight.outputs)),
      ),
      ...sums.map((sum): NodeOf<'Sum'> => {
        const inputs = [summed]
        summed = wide(first(sum.outputs), -1, parts.length)
        return { ...sum, inputs, outputs: [summed] }
      }),
      split(
        summed,
        0,
        parts.map(({ bias }) => bias),
      ),
    ])
    for (const { dx, rows, dWeight, sums } of parts) {
      for (const node of [dx, rows, dWeight, ...sums] as Node[]) gone.add(node)
    }
    for (const node of nodes) gone.add(node)
  }

  for (const attention of attentions) {
    if (!hasKernel(attention, ({ id }) => activations.has(id))) continue
    const parts = projectionsOf(attention, { users, makers, states })
    if (!parts) continue
    const gradients = parts.flatMap(({ backward }) => backward ?? [])
    const sum = sumOf(
      gradients.map(({ dx }) => first(dx.outputs)),
      { users, makers },
    )
    if (gradients.length > 0 && !sum) continue
    const joined = joinForward(parts)
    if (sum) joinBackward(gradients, sum, joined)
  }
  const nodes = program.nodes.flatMap((node) => inPlaceOf.get(node) ?? (gone.has(node) ? [] : [node]))
  return { program: { ...program, nodes: inOrder(nodes) }, activations: rows, ofTokens: large }
}

/** Nodes in an order in which they can run, as near to the given one as may be. */
function inOrder(nodes: readonly Node[]): Node[] {
  const makers = makersOf({ nodes })
  const placed = new Set<Node>()
  const result: Node[] = []
  const place = (node: Node): void => {
    if (placed.has(node)) return
    placed.add(node)
    for (const { id } of node.inputs) {
      const maker = makers.get(id)
      if (maker) place(maker)
    }
    result.push(node)
  }
  for (const node of nodes) place(node)
  return result
}
