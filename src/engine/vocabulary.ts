import type { Example } from './data/tokenize.ts'
import type { Weight } from './safetensors.ts'

/**
 * The rows of the embedding table that a run's texts use. Rows of other tokens get no gradient and no moment, so nothing
 * happens to them but weight decay, which is one factor for all: training only the used ones gives the same numbers, and
 * spares the norm, the moments and the update of the rest.
 */
export interface Vocabulary {
  /** Token ids in use, ascending. */
  used: Int32Array
  /** The row of each token id among those in use. */
  rowOf: Int32Array
}

export function vocabularyOf({
  size,
  examples,
  always,
}: {
  size: number
  examples: Iterable<Example>
  always: readonly number[]
}): Vocabulary {
  const seen = new Uint8Array(size)
  for (const id of always) seen[id] = 1
  for (const { ids } of examples) for (const id of ids) seen[id] = 1
  const rowOf = new Int32Array(size)
  const used: number[] = []
  seen.forEach((isUsed, id) => {
    if (isUsed) rowOf[id] = used.push(id) - 1
  })
  return { used: Int32Array.from(used), rowOf }
}

/** The used rows of a whole table [size, width]. */
export function compact(table: Weight, { used }: Vocabulary): Weight {
  const width = table.shape[1] ?? 0
  const data = new Float32Array(used.length * width)
  used.forEach((id, row) => data.set(table.data.subarray(id * width, (id + 1) * width), row * width))
  return { shape: [used.length, width], data }
}

/** The whole table again: used rows as trained, the others as they were times `factor`. */
export function expand(rows: Weight, original: Weight, vocabulary: Vocabulary, factor: number): Weight {
  const { shape, data } = original
  const copy = { shape, data: factor === 1 ? data.slice() : data.map((value) => value * factor) }
  return putBack(rows, copy, vocabulary)
}

/** Writes used rows into the whole table. */
export function putBack(rows: Weight, table: Weight, { used }: Vocabulary): Weight {
  const width = table.shape[1] ?? 0
  used.forEach((id, row) => table.data.set(rows.data.subarray(row * width, (row + 1) * width), id * width))
  return table
}

/** Token ids as rows. */
export function toRows(ids: Int32Array, { rowOf }: Vocabulary): Int32Array {
  return ids.map((id) => rowOf[id] ?? 0)
}

/** The rows that some batches read, each once, and each batch's rows as places among them. */
export function wordsOf(batches: readonly Int32Array[]): { rows: Int32Array; places: Int32Array[] } {
  // A table of all rows and plain loops: this is done for every update, and a GPU waits for it.
  let last = -1
  for (const batch of batches) for (const row of batch) if (row > last) last = row
  const placeOf = new Int32Array(last + 1)
  for (const batch of batches) for (const row of batch) placeOf[row] = 1
  let words = 0
  for (const isRead of placeOf) words += isRead
  const rows = new Int32Array(words)
  for (let row = 0, place = 0; row <= last; row++) {
    if (placeOf[row] === 0) continue
    rows[place] = row
    placeOf[row] = place++
  }
  const placesOf = (batch: Int32Array): Int32Array => {
    const places = new Int32Array(batch.length)
    for (let i = 0; i < batch.length; i++) places[i] = placeOf[batch[i] ?? 0] ?? 0
    return places
  }
  return { rows, places: batches.map(placesOf) }
}
