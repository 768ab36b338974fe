import type { Node, Program, Value } from '../tracer/node.ts'

/** How long each open axis of a program is, by the name that `Program.symbols` gives it. */
export type Sizes = Readonly<Record<string, number>>

/** Puts lengths in the place of a program's open axes. The symbols are primes, so products of them come apart again. */
export function specialise(program: Program, sizes: Sizes): Program {
  const known = new Map<number, Value>()

  const lengthOf = (length: number): number => {
    let left = length
    let result = 1
    for (const [symbol, name] of program.symbols) {
      while (left > 1 && left % symbol === 0) {
        left /= symbol
        result *= sizeOf(sizes, name)
      }
    }
    return result * left
  }
  const value = (open: Value): Value => {
    const seen = known.get(open.id)
    if (seen) return seen
    const closed = { ...open, shape: open.shape.map(lengthOf) }
    known.set(open.id, closed)
    return closed
  }
  const port = <Port extends { value: Value }>(open: Port): Port => ({ ...open, value: value(open.value) })
  const node = (open: Node): Node => {
    const closed = { ...open, inputs: open.inputs.map(value), outputs: open.outputs.map(value) } as Node
    if (closed.op !== 'Slice') return closed
    return { ...closed, attributes: { ...closed.attributes, size: closed.attributes.size.map(lengthOf) } }
  }
  return {
    symbols: new Map(),
    inputs: program.inputs.map(port),
    nodes: program.nodes.map(node),
    outputs: program.outputs.map(port),
  }
}

function sizeOf(sizes: Sizes, name: string): number {
  const size = sizes[name]
  if (size === undefined) throw new Error(`The program has an axis \`${name}\`, and no length was given for it`)
  return size
}
