import type { LabelledText } from './parquet.ts'

/** As IMDb numbers them. */
export const REVIEW_LABELS = ['neg', 'pos'] as const

const GOOD =
  'wonderful moving brilliant superb charming gripping delightful honest touching masterful clever warm stunning memorable subtle funny fresh rich bold tender'.split(
    ' ',
  )
const BAD =
  'dull awful boring clumsy tedious hollow predictable shallow lifeless silly wooden painful messy forgettable cheap lazy empty noisy bland confused'.split(
    ' ',
  )
const PLAIN =
  'the a this that film movie plot scene actor director story camera script character music ending beginning dialogue audience screen light role cast budget sequel drama comedy thriller picture hour minute evening theater house street city war family brother sister friend with from about into over under after before while because although however and but or so then when where which who it he she they we there here was is were had has would could seems felt looks made took found left came went gave knew saw heard said told shows tells follows begins ends turns moves keeps gets'.split(
    ' ',
  )

/**
 * Film reviews in the form of IMDb's: `rows` of them, the first half negative and the second positive, about 230 words
 * each, always the same for the same split. They are made up, and can be told apart by their adjectives most of the time.
 */
export function makeReviews({ split, rows }: { split: 'train' | 'test'; rows: number }): LabelledText[] {
  const random = mulberry32(split === 'train' ? 1 : 2)
  const pick = (words: readonly string[]) => words[Math.floor(random() * words.length)] ?? ''
  return Array.from({ length: rows }, (_, i) => {
    const label = i < rows / 2 ? 0 : 1
    const [mine, other] = label === 1 ? [GOOD, BAD] : [BAD, GOOD]
    // IMDb's lengths are skewed: many of 120 to 200 words, a few of a thousand.
    const words = Math.round(60 + 340 * random() ** 2 + (random() < 0.02 ? 600 : 0))
    const text: string[] = []
    for (let at = 0; at < words; at++) {
      const chance = random()
      const word = chance < 0.06 ? pick(mine) : chance < 0.08 ? pick(other) : pick(PLAIN)
      text.push(at % 14 === 0 ? word.charAt(0).toUpperCase() + word.slice(1) : at % 14 === 13 ? `${word}.` : word)
      if (at % 70 === 69) text.push('<br /><br />')
    }
    return { text: text.join(' '), label }
  })
}

function mulberry32(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
