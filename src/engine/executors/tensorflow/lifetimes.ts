import type { Node, Program } from '../../tracer/node.ts'

/** The nodes that have to run, constants apart, and for each the values that nothing reads any more once it has run. */
export interface Lifetimes {
  nodes: readonly Node[]
  lastReads: readonly (readonly number[])[]
}

/** Finds what a program needs, and how long: so that a step holds no more than it must. */
export function lifetimesOf(program: Program): Lifetimes {
  const stays = new Set(program.outputs.map(({ value }) => value.id))
  const needed = new Set(stays)
  const nodes: Node[] = []
  const lastReads: number[][] = []
  // From the end: the first reader met is the last one.
  for (const node of [...program.nodes].reverse()) {
    if (node.op === 'Constant' || !node.outputs.some(({ id }) => needed.has(id))) continue
    const unread = node.outputs.map(({ id }) => id).filter((id) => !needed.has(id))
    const last = [...new Set(node.inputs.map(({ id }) => id))].filter((id) => !needed.has(id))
    for (const id of last) needed.add(id)
    nodes.push(node)
    lastReads.push([...unread, ...last])
  }
  return { nodes: nodes.reverse(), lastReads: lastReads.reverse() }
}
