import type { Program } from '../../../tracer/node.ts'
import type { Sizes } from '../../specialise.ts'
import { count } from '../lower/step.ts'

/*
 * A graph is made for fixed sizes, so runs are padded up to a few: tokens to a multiple of 32, rows to what was compiled
 * before, words to what is reserved, or a power of two where that is much less. Planning, compiling and recording another
 * graph takes 0.1 s, and 4096 words that nobody reads some microseconds a step. What is padded changes nothing: padded tokens are masked out, padded rows weigh
 * nothing (`row_weights`) or are cut off, and padded words are no row of the table.
 */

const TOKENS = 32
const WORDS = 256
/** How many times as many words as a run has it may be padded to. */
const MOST_PADDING = 4

/** What there is already: numbers of rows that are compiled, and the most words, which are reserved before the first run. */
export interface Known {
  batches: readonly number[]
  /** Not what was compiled since: a run that goes on from a checkpoint must pad, and so round, as it did before. */
  words: number | null
}

/** Sizes to compile for, given those of a run. */
export function bucketOf(sizes: Sizes, { batches, words }: Known = { batches: [], words: null }): Sizes {
  return Object.fromEntries(
    Object.entries(sizes).map(([name, size]) => {
      if (name === 'tokens') return [name, Math.ceil(size / TOKENS) * TOKENS]
      if (name === 'words') {
        const fits = words !== null && words >= size && words <= MOST_PADDING * size
        return [name, fits ? words : Math.max(WORDS, 2 ** Math.ceil(Math.log2(size)))]
      }
      const large = batches.filter((known) => known >= size)
      return [name, large.length === 0 ? size : Math.min(...large)]
    }),
  )
}

/** A shape of a program at given sizes. */
export function shapeAt(shape: readonly number[], { symbols }: Program, sizes: Sizes): number[] {
  return shape.map((length) => {
    const name = symbols.get(length)
    return name === undefined ? length : (sizes[name] ?? 0)
  })
}

/** Copies numbers of one shape into the corner of a larger one, the rest being 0, or −1 for rows of no table. */
export function pad(
  values: Float32Array | Int32Array,
  from: readonly number[],
  to: readonly number[],
  into: Float32Array | Int32Array,
  filler: number,
): void {
  if (from.length > 2) throw new Error('Feeds of more than two axes are not padded')
  if (values.length !== count(from)) {
    throw new Error(`A feed has ${values.length} numbers, and [${from.join(', ')}] are expected`)
  }
  const [rows = 1, columns = 1] = from.length === 2 ? from : [1, ...from]
  const wide = to.at(-1) ?? 1
  if (rows * columns !== count(to)) into.fill(filler)
  for (let row = 0; row < rows; row++) into.set(values.subarray(row * columns, (row + 1) * columns), row * wide)
}
