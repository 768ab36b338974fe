import { type Problem, targetsOf } from '../problem.ts'
import type { Example } from './tokenize.ts'

/** Rows padded to one length, ready for a step. */
export interface Batch {
  /** [size × length], row-major */
  ids: Int32Array
  /** [size × length], 1 for a token and 0 for padding */
  mask: Int32Array
  /** In the form that the problem's loss reads: see `targetsOf` */
  labels: Int32Array | Float32Array
  size: number
  length: number
}

/** Pads to the longest row, and up to a multiple where asked, as DataCollatorWithPadding does. */
export function collate({
  examples,
  problem,
  pad_token_id,
  pad_to_multiple_of,
}: {
  examples: readonly Example[]
  problem: Problem
  pad_token_id: number
  pad_to_multiple_of: number | null
}): Batch {
  const size = examples.length
  const length = lengthOf(examples, pad_to_multiple_of)
  const ids = new Int32Array(size * length).fill(pad_token_id)
  const mask = new Int32Array(size * length)
  examples.forEach((example, row) => {
    ids.set(example.ids, row * length)
    mask.fill(1, row * length, row * length + example.ids.length)
  })
  const labels = targetsOf(
    examples.map(({ label }) => label),
    problem,
  )
  return { ids, mask, labels, size, length }
}

/** The size of the largest batch that `rows` examples at a time can make. */
export function largestBatch({
  examples,
  rows,
  pad_to_multiple_of,
}: {
  examples: readonly Example[]
  rows: number
  pad_to_multiple_of: number | null
}): { size: number; length: number } {
  return { size: Math.min(rows, examples.length), length: lengthOf(examples, pad_to_multiple_of) }
}

function lengthOf(examples: readonly Example[], pad_to_multiple_of: number | null): number {
  const longest = examples.reduce((most, { ids }) => Math.max(most, ids.length), 0)
  return pad_to_multiple_of === null ? longest : Math.ceil(longest / pad_to_multiple_of) * pad_to_multiple_of
}
