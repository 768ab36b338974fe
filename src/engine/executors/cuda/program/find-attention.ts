import type { Node, NodeOf, Program, Value } from '../../../tracer/node.ts'
import { makersOf, type Users } from './users.ts'

/*
 * Finds attention among the nodes of a program, forward and backward, as models/layers.ts writes it:
 *
 *   weights = softmax(scale · q kᵀ + bias)     kept = weights · mask     context = up · kept v
 *   flow = up · dContext vᵀ · kept             dScores = flow − weights · sum(flow)
 *   dq = scale · dScores k                     dk = scale · dScoresᵀ q   dv = up · keptᵀ dContext
 *
 * Where all of it is there and nobody else reads what lies between, three kernels do it without ever storing a score.
 */

type Product = NodeOf<'MatMul'>

export interface Attention {
  /** q kᵀ */
  scores: Product
  bias: Value
  mask: NodeOf<'DropoutMask'> | null
  context: Product
  /** Null in evaluation, and where the backward pass computes all of it again. */
  backward: { flow: Product; dQuery: Product; dKeys: Product; dValues: Product } | null
}

/** What each node of an attention is to it: the products that leave it, or something that lies between. */
export interface Found {
  attention: Attention
  role: 'between' | 'context' | 'dQuery' | 'dKeys' | 'dValues'
}

export function findAttentions(program: Program, users: Users): Map<Node, Found> {
  const found = new Map<Node, Found>()
  const makers = makersOf(program)
  const readers = (node: Node): readonly (Node | 'left')[] => users.get(node.outputs[0]?.id ?? -1) ?? []
  const makerOf = <Op extends Node['op']>(value: Value | undefined, op: Op): NodeOf<Op> | null => {
    const node = value && makers.get(value.id)
    return node?.op === op ? (node as unknown as NodeOf<Op>) : null
  }
  const only = <Op extends Node['op']>(node: Node, op: Op): NodeOf<Op> | null => {
    const [one, ...others] = readers(node)
    return one !== undefined && one !== 'left' && others.length === 0 && one.op === op
      ? (one as unknown as NodeOf<Op>)
      : null
  }
  const of = <Op extends Node['op']>(nodes: readonly (Node | 'left')[], op: Op): NodeOf<Op>[] =>
    nodes.filter((node): node is Node => node !== 'left' && node.op === op) as unknown as NodeOf<Op>[]

  const look = (softmax: NodeOf<'Softmax'>): void => {
    const sum = makerOf(softmax.inputs[0], 'Add')
    if (!sum || only(sum as Node, 'Softmax') === null) return
    const scores = makerOf(sum.inputs[0], 'MatMul')
    const bias = sum.inputs[1]
    if (!scores || !bias || only(scores as Node, 'Add') === null) return
    if (scores.attributes.transposeA || !scores.attributes.transposeB) return

    const between: Node[] = [scores, sum, softmax]
    const weightReaders = readers(softmax)
    const masked = of(weightReaders, 'Mul').find(({ inputs }) => makerOf(inputs[1], 'DropoutMask'))
    const mask = masked ? makerOf(masked.inputs[1], 'DropoutMask') : null
    const kept = (masked ?? softmax) as Node
    if (masked) between.push(kept)
    const keptReaders = readers(kept)
    const products = of(keptReaders, 'MatMul').filter(({ inputs }) => inputs[0] === kept.outputs[0])
    const context = products.find(({ attributes }) => !attributes.transposeA && !attributes.transposeB)
    const dValues = products.find(({ attributes }) => attributes.transposeA && !attributes.transposeB)
    if (!context) return
    const attention = { scores, bias, mask, context }
    if (!dValues) {
      if (weightReaders.length !== 1 || keptReaders.length !== 1) return
      add({ ...attention, backward: null }, between)
      return
    }

    const flow = of(keptReaders, 'Mul').find((node) => makerOf(node.inputs[0], 'MatMul') && node !== masked)
    const product = flow && makerOf(flow.inputs[0], 'MatMul')
    if (!flow || !product || only(product as Node, 'Mul') === null) return
    const total = of(readers(flow as Node), 'Sum')[0]
    const dScores = of(readers(flow as Node), 'Sub')[0]
    const share = total && only(total as Node, 'Mul')
    if (!total || !dScores || !share || readers(flow).length !== 2) return
    if (only(share as Node, 'Sub') !== dScores || share.inputs[0] !== softmax.outputs[0]) return
    const ends = of(readers(dScores as Node), 'MatMul').filter(({ inputs }) => inputs[0] === dScores.outputs[0])
    const dQuery = ends.find(({ attributes }) => !attributes.transposeA)
    const dKeys = ends.find(({ attributes }) => attributes.transposeA)
    if (!dQuery || !dKeys || readers(dScores).length !== 2) return
    // Weights: the masked ones or flow, dValues and context; and the share. Kept: context, flow and dValues.
    if (masked ? weightReaders.length !== 2 || keptReaders.length !== 3 : weightReaders.length !== 4) return
    if (product.attributes.scale !== context.attributes.scale || dValues.attributes.scale !== context.attributes.scale)
      return
    if (dQuery.attributes.scale !== scores.attributes.scale || dKeys.attributes.scale !== scores.attributes.scale)
      return
    add({ ...attention, backward: { flow: product, dQuery, dKeys, dValues } }, [
      ...between,
      ...([product, flow, total, share, dScores] as Node[]),
    ])
  }
  const add = (attention: Attention, between: readonly Node[]): void => {
    for (const node of between) found.set(node, { attention, role: 'between' })
    found.set(attention.context, { attention, role: 'context' })
    if (!attention.backward) return
    const { dQuery, dKeys, dValues } = attention.backward
    found.set(dQuery, { attention, role: 'dQuery' })
    found.set(dKeys, { attention, role: 'dKeys' })
    found.set(dValues, { attention, role: 'dValues' })
  }
  for (const node of program.nodes) if (node.op === 'Softmax') look(node)
  return found
}
