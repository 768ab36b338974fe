import type { Program, Value } from '../../../tracer/node.ts'

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

/** Which values of an open program are activations; they keep their ids when it is specialised. */
export function activationsOf(program: Program): Omit<Specialised, 'program'> {
  const [tokens] = [...program.symbols].find(([, name]) => name === 'tokens') ?? []
  const values = [
    ...program.inputs.map(({ value }) => value),
    ...program.nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]),
  ]
  const activations = values.filter((value) => isActivation(value, program))
  const ofTokens = activations.filter(({ shape }) =>
    shape.some((length) => tokens !== undefined && length % tokens === 0),
  )
  return { activations: idsOf(activations), ofTokens: idsOf(ofTokens) }
}

function idsOf(values: readonly Value[]): Set<number> {
  return new Set(values.map(({ id }) => id))
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
