import type { Example } from './tokenize.ts'

/** Rows padded to one length, ready for a step. */
export interface Batch {
  /** [size × length], row-major */
  ids: Int32Array
  /** [size × length], 1 for a token and 0 for padding */
  mask: Int32Array
  /** [size] */
  labels: Int32Array
  size: number
  length: number
}

/** Pads to the longest row, and up to a multiple where asked, as DataCollatorWithPadding does. */
export function collate({
  examples,
  pad_token_id,
  pad_to_multiple_of,
}: {
  examples: readonly Example[]
  pad_token_id: number
  pad_to_multiple_of: number | null
}): Batch {
  const size = examples.length
  const longest = examples.reduce((most, { ids }) => Math.max(most, ids.length), 0)
  const length = pad_to_multiple_of === null ? longest : Math.ceil(longest / pad_to_multiple_of) * pad_to_multiple_of
  const ids = new Int32Array(size * length).fill(pad_token_id)
  const mask = new Int32Array(size * length)
  examples.forEach((example, row) => {
    ids.set(example.ids, row * length)
    mask.fill(1, row * length, row * length + example.ids.length)
  })
  return { ids, mask, labels: Int32Array.from(examples, ({ label }) => label), size, length }
}
