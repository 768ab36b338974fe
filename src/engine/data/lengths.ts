/** How long the texts of a split are. */
export interface Lengths {
  median: number
  p90: number
  longest: number
  unit: 'characters' | 'tokens'
  /** Rows in bins of equal width from 0 to `histogram_to`; the last one holds what is longer, too */
  histogram: number[]
  /** The 99th percentile */
  histogram_to: number
  /** Share of the rows that have more than `max_length` tokens; estimated where the unit is characters */
  over_max_length: number
}

const BINS = 16
/** English and mails have 3.5 to 4.5 characters a token with the usual vocabularies. */
const CHARACTERS_A_TOKEN = 4.2

/** Statistics of texts whose lengths are known in characters. Null when there are none. */
export function lengthsOf(characters: Int32Array, { max_length }: { max_length: number }): Lengths | null {
  if (characters.length === 0) return null
  const sorted = characters.slice().sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  const histogram_to = Math.max(1, at(0.99))
  const histogram = new Array<number>(BINS).fill(0)
  for (const length of sorted) {
    const bin = Math.min(BINS - 1, Math.floor((length / histogram_to) * BINS))
    histogram[bin] = (histogram[bin] ?? 0) + 1
  }
  const most = max_length * CHARACTERS_A_TOKEN
  return {
    median: at(0.5),
    p90: at(0.9),
    longest: sorted.at(-1) ?? 0,
    unit: 'characters',
    histogram,
    histogram_to,
    over_max_length: sorted.filter((length) => length > most).length / sorted.length,
  }
}
