import type { Node, Value } from './node.ts'

/** What stays in memory from the forward pass, and the gradient of it that the backward pass comes to. */
export interface Checkpoint {
  value: Value
  gradient: Value
}

/*
 * Gradient checkpointing. A recorded program has its layers forward, one after the other, and then their gradients in the
 * opposite order, which read what the layers made on their way: all of it lives until then. Here each layer but the last
 * is written a second time, before its gradients, and they read that:
 *
 *   layer 0, layer 1, layer 2, loss, gradients of layer 2, layer 1 again, its gradients, layer 0 again, its gradients
 *
 * so that only the inputs of the layers live through the forward pass. What the last layer makes is read at once, so
 * computing it again would save nothing. Two things must be said to executors, and `After` says both: a layer is not
 * computed again before the gradient that it is needed for, and the gradients of a layer's weights are not put off, since
 * what they read lives until then. Dropout draws by its place, which a mask keeps when it is drawn again.
 */

/** The nodes with the layers between checkpoints, which are in the order of the forward pass, computed again. */
export function recompute({
  nodes,
  checkpoints,
  another,
}: {
  nodes: readonly Node[]
  checkpoints: readonly Checkpoint[]
  /** A new value of the same shape */
  another: (value: Value) => Value
}): Node[] {
  const last = checkpoints.at(-1)
  if (!last || checkpoints.length < 2) return [...nodes]
  const makers = new Map(nodes.flatMap((node, i) => node.outputs.map(({ id }) => [id, i] as const)))
  const lastReaders = new Map(nodes.flatMap((node, i) => node.inputs.map(({ id }) => [id, i] as const)))
  const madeAt = ({ id }: Value) => makers.get(id) ?? -1
  /** The nodes behind the one that makes a value, up to the one that makes another. */
  const between = (from: Value | null, to: Value) => nodes.slice(from ? madeAt(from) + 1 : 0, madeAt(to) + 1)
  /** What a stretch of nodes leaves to those behind it, `besides` one value. */
  const leftBy = (stretch: readonly Node[], besides: Value): Value[] => {
    const end = madeAt(besides)
    const made = stretch.flatMap((node) => (node.op === 'Constant' ? [] : node.outputs))
    return made.filter((value) => value !== besides && (lastReaders.get(value.id) ?? -1) > end)
  }

  const result: Node[] = []
  /** What is read instead of a value from here on. */
  const instead = new Map<number, Value>()
  const write = (stretch: readonly Node[]) => {
    for (const node of stretch) {
      result.push({ ...node, inputs: node.inputs.map((value) => instead.get(value.id) ?? value) })
    }
  }
  const after = (value: Value, others: readonly Value[]): Value => {
    if (others.length === 0) return value
    const output = another(value)
    result.push({ op: 'After', inputs: [value, ...others], outputs: [output], attributes: {} })
    return output
  }

  write(between(null, last.gradient))
  instead.set(last.gradient.id, after(last.gradient, leftBy(between(last.value, last.gradient), last.gradient)))
  for (let i = checkpoints.length - 2; i >= 0; i--) {
    const [own, next] = checkpoints.slice(i, i + 2) as [Checkpoint, Checkpoint]
    const gradients = between(next.gradient, own.gradient)
    const arrived = instead.get(next.gradient.id) ?? next.gradient
    const again = after(own.value, [arrived])
    const read = new Set(gradients.flatMap(({ inputs }) => inputs.map(({ id }) => id)))
    const copied = copies({
      of: between(own.value, next.value),
      from: own.value,
      again,
      read,
      kept: next.value,
      another,
    })
    instead.set(own.value.id, again)
    for (const [id, copy] of copied.values) instead.set(id, copy)
    result.push(...copied.nodes)
    write(gradients)
    // What comes next must not read what was computed again, or it would live as long as what it stands for.
    for (const id of [own.value.id, ...copied.values.keys()]) instead.delete(id)
    instead.set(own.gradient.id, after(own.gradient, leftBy(gradients, own.gradient)))
  }
  write(nodes.slice(madeAt((checkpoints[0] as Checkpoint).gradient) + 1))
  return result
}

/**
 * The nodes of a layer that make what is read of it, once more, from `again` in place of its input. What depends neither on
 * that nor on dropout is of the weights alone, small, and read where it is.
 */
function copies({
  of,
  from,
  again,
  read,
  kept,
  another,
}: {
  of: readonly Node[]
  from: Value
  again: Value
  read: ReadonlySet<number>
  /** What the layer gives to the next: it is there */
  kept: Value
  another: (value: Value) => Value
}): { nodes: Node[]; values: ReadonlyMap<number, Value> } {
  const ofRows = new Set([from.id])
  for (const { op, inputs, outputs } of of) {
    if (op === 'DropoutMask' || inputs.some(({ id }) => ofRows.has(id))) for (const { id } of outputs) ofRows.add(id)
  }
  const wanted = new Set(read)
  wanted.delete(kept.id)
  const needed = new Set<Node>()
  for (const node of [...of].reverse()) {
    if (!node.outputs.some(({ id }) => wanted.has(id) && ofRows.has(id))) continue
    needed.add(node)
    for (const { id } of node.inputs) wanted.add(id)
  }
  const values = new Map<number, Value>([[from.id, again]])
  const nodes = of
    .filter((node) => needed.has(node))
    .map((node): Node => {
      const inputs = node.op === 'DropoutMask' ? [again] : node.inputs.map((value) => values.get(value.id) ?? value)
      const outputs = node.outputs.map((value) => {
        const copy = another(value)
        values.set(value.id, copy)
        return copy
      })
      return { ...node, inputs, outputs }
    })
  values.delete(from.id)
  values.delete(kept.id)
  return { nodes, values }
}
