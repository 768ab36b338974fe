import type { Node, NodeOf, Value } from '../../../tracer/node.ts'
import type { Users } from './users.ts'

/** Additions of tensors of one shape, and what they add up. */
export interface Sum {
  nodes: readonly NodeOf<'Add'>[]
  terms: readonly Value[]
  result: Value
}

/** The smallest sum that has all of these values as terms; null where there is none whose parts nobody else reads. */
export function sumOf(
  values: readonly Value[],
  { users, makers }: { users: Users; makers: ReadonlyMap<number, Node> },
): Sum | null {
  const isSum = (node: Node | 'left' | undefined): node is NodeOf<'Add'> & Node =>
    node !== undefined &&
    node !== 'left' &&
    node.op === 'Add' &&
    node.inputs.every(({ shape }) => String(shape) === String(node.outputs[0]?.shape))
  const adderOf = (value: Value | undefined): NodeOf<'Add'> | null => {
    const readers = users.get(value?.id ?? -1) ?? []
    return readers.length === 1 && isSum(readers[0]) ? readers[0] : null
  }
  for (let root = adderOf(values[0]); root; root = adderOf(root.outputs[0])) {
    const nodes: NodeOf<'Add'>[] = []
    const terms: Value[] = []
    const visit = (node: NodeOf<'Add'>): void => {
      nodes.push(node)
      for (const input of node.inputs) {
        const maker = makers.get(input.id)
        if (isSum(maker) && adderOf(input)) visit(maker)
        else terms.push(input)
      }
    }
    visit(root)
    const [result] = root.outputs
    if (result && values.every((value) => terms.includes(value))) return { nodes, terms, result }
  }
  return null
}
