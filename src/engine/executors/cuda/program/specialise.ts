import type { Node, Program, Value } from '../../../tracer/node.ts'

/** How long each open axis of a program is, by the name that `Program.symbols` gives it. */
export type Sizes = Readonly<Record<string, number>>

/** A program whose shapes are all known. */
export interface Specialised {
  program: Program
  /**
   * Values that belong to the rows being read: their open shape names `batch` or `tokens`, and has another axis besides.
   * They alone may be kept in half precision; weights, gradients of weights, masks and losses may not.
   */
  activations: ReadonlySet<number>
  /** Those of them whose open shape names `tokens`: the large ones. */
  ofTokens: ReadonlySet<number>
}

const ROWS = new Set(['batch', 'tokens'])

/** Puts lengths in the place of a program's open axes. The symbols are primes, so products of them come apart again. */
export function specialise(program: Program, sizes: Sizes): Specialised {
  const activations = new Set<number>()
  const ofTokens = new Set<number>()
  const [tokens] = [...program.symbols].find(([, name]) => name === 'tokens') ?? []
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
    if (isActivation(open, program)) {
      activations.add(open.id)
      if (open.shape.some((length) => tokens !== undefined && length % tokens === 0)) ofTokens.add(open.id)
    }
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
    program: {
      symbols: new Map(),
      inputs: program.inputs.map(port),
      nodes: program.nodes.map(node),
      outputs: program.outputs.map(port),
    },
    activations,
    ofTokens,
  }
}

function sizeOf(sizes: Sizes, name: string): number {
  const size = sizes[name]
  if (size === undefined) throw new Error(`The program has an axis \`${name}\`, and no length was given for it`)
  return size
}

function isActivation({ shape, dtype }: Value, { symbols }: Program): boolean {
  if (dtype !== 'float32' || (shape.at(-1) ?? 1) === 1) return false
  let isRow = false
  let width = 1
  for (const length of shape) {
    let left = length
    for (const [symbol, name] of symbols) {
      while (left > 1 && left % symbol === 0) {
        left /= symbol
        if (ROWS.has(name)) isRow = true
        else return false
      }
    }
    width *= left
  }
  return isRow && width > 1
}
