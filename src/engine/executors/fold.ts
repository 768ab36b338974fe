import type { Node, NodeOf, Program, Value } from '../tracer/node.ts'

type MatMul = NodeOf<'MatMul'>

/**
 * Moves scalar factors and transpositions into the matrix products beside them, where they cost nothing, and leaves out
 * what nothing needs any more. The program computes the same.
 */
export function fold(program: Program): Program {
  let nodes = [...program.nodes]
  nodes = foldTransposes(nodes)
  nodes = foldFactorsAfter(nodes, program)
  nodes = foldFactorsBefore(nodes, program)
  return { ...program, nodes: withoutUnused(nodes, program) }
}

/** matMul(transpose(a), b): the product reads `a` as it lies. */
function foldTransposes(nodes: readonly Node[]): Node[] {
  const makers = makersOf(nodes)
  return nodes.map((node) => {
    if (node.op !== 'MatMul') return node
    const [a, b] = pair(node.inputs)
    const attributes = { ...node.attributes }
    const read = (operand: Value, side: 'A' | 'B'): Value => {
      const maker = makers.get(operand.id)
      if (maker?.op !== 'Transpose') return operand
      const order = maker.attributes.perm.join()
      if (order === rowsBehindBatches(operand.shape.length)) attributes[`rowsFirst${side}`] = true
      else if (order === lastTwoSwapped(operand.shape.length))
        attributes[`transpose${side}`] = !attributes[`transpose${side}`]
      else return operand
      return maker.inputs[0] ?? operand
    }
    return { ...node, inputs: [read(a, 'A'), read(b, 'B')], attributes }
  })
}

/** [rows, ...batches, columns] → [...batches, rows, columns] */
function rowsBehindBatches(rank: number): string {
  return rank < 3 ? 'never' : [...Array.from({ length: rank - 2 }, (_, i) => i + 1), 0, rank - 1].join()
}

function lastTwoSwapped(rank: number): string {
  return rank < 2 ? 'never' : [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2].join()
}

/** matMul(a, b) · c, where nothing else reads the product. */
function foldFactorsAfter(nodes: readonly Node[], program: Program): Node[] {
  const makers = makersOf(nodes)
  const uses = usesOf(nodes, program)
  const folded = new Set<Node>()
  const result = nodes.map((node): Node => {
    const factor = scalarFactor(node, makers)
    if (!factor) return node
    const product = makers.get(factor.of.id)
    if (product?.op !== 'MatMul' || uses.get(factor.of.id)?.length !== 1) return node
    folded.add(product)
    return scaled(product, factor.by, node.outputs)
  })
  return result.filter((node) => !folded.has(node))
}

/** matMul(a · c, b), where only products read a · c. */
function foldFactorsBefore(nodes: readonly Node[], program: Program): Node[] {
  const makers = makersOf(nodes)
  const uses = usesOf(nodes, program)
  const replaced = new Map<number, { of: Value; by: number }>()
  for (const node of nodes) {
    const factor = scalarFactor(node, makers)
    const readers = uses.get(node.outputs[0]?.id ?? -1) ?? []
    if (
      factor &&
      readers.length > 0 &&
      readers.every((reader) => reader !== 'left' && readsAsOperand(reader, node, makers, uses))
    ) {
      replaced.set(node.outputs[0]?.id ?? -1, factor)
    }
  }
  return nodes.map((node): Node => {
    if (node.op === 'Reshape') {
      const factor = replaced.get(node.inputs[0]?.id ?? -1)
      if (!factor) return node
      replaced.set(node.outputs[0]?.id ?? -1, { of: first(node.outputs), by: factor.by })
      return { ...node, inputs: [factor.of] }
    }
    if (node.op !== 'MatMul') return node
    let { scale } = node.attributes
    const inputs = node.inputs.map((input) => {
      const factor = replaced.get(input.id)
      if (!factor) return input
      scale *= factor.by
      return factor.of
    })
    return { ...node, inputs, attributes: { ...node.attributes, scale } }
  })
}

/** A product, or a view of its rows that only products read. */
function readsAsOperand(reader: Node, node: Node, makers: Map<number, Node>, uses: Uses): boolean {
  if (reader.op === 'MatMul') return true
  if (reader.op !== 'Reshape') return false
  const further = uses.get(reader.outputs[0]?.id ?? -1) ?? []
  return further.length > 0 && further.every((each) => each !== 'left' && readsAsOperand(each, node, makers, uses))
}

function scaled(product: MatMul, by: number, outputs: readonly Value[]): MatMul {
  return { ...product, outputs, attributes: { ...product.attributes, scale: product.attributes.scale * by } }
}

/** A multiplication by one number that the program wrote down. */
function scalarFactor(node: Node, makers: ReadonlyMap<number, Node>): { of: Value; by: number } | null {
  if (node.op !== 'Mul') return null
  const [a, b] = pair(node.inputs)
  for (const [of, factor] of [
    [a, b],
    [b, a],
  ] as const) {
    const maker = makers.get(factor.id)
    if (maker?.op === 'Constant' && factor.shape.length === 0 && of.shape.length > 0) {
      return { of, by: Number(maker.attributes.values[0]) }
    }
  }
  return null
}

function withoutUnused(nodes: readonly Node[], program: Program): Node[] {
  const needed = new Set(program.outputs.map(({ value }) => value.id))
  const kept: Node[] = []
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some(({ id }) => needed.has(id))) continue
    kept.push(node)
    for (const { id } of node.inputs) needed.add(id)
  }
  return kept.reverse()
}

/** Who reads a value; 'left' where it leaves the program. */
type Uses = Map<number, (Node | 'left')[]>

function usesOf(nodes: readonly Node[], program: Program): Uses {
  const uses: Uses = new Map()
  const use = (id: number, by: Node | 'left') => uses.set(id, [...(uses.get(id) ?? []), by])
  for (const node of nodes) for (const { id } of node.inputs) use(id, node)
  for (const { value } of program.outputs) use(value.id, 'left')
  return uses
}

function makersOf(nodes: readonly Node[]): Map<number, Node> {
  return new Map(nodes.flatMap((node) => node.outputs.map(({ id }) => [id, node] as const)))
}

function first(values: readonly Value[]): Value {
  const [value] = values
  if (!value) throw new Error('A node has no output')
  return value
}

function pair(values: readonly Value[]): [Value, Value] {
  const [a, b] = values
  if (!a || !b) throw new Error('A node of two inputs has fewer')
  return [a, b]
}
