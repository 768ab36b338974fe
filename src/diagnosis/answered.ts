import type { Explanation, FirstCause } from './explain.ts'

/** What a server has met of a cause. */
export interface Seen {
  /** Runs that failed for it, this one included. */
  failures: number
  /** Fixes that were tried, the one that worked most often first; `fix` is a `kindOfFix`. */
  tried: readonly { fix: string; worked: readonly number[]; failed: number }[]
  /** People who said that this answer to this text is wrong. */
  objections: readonly string[]
}

export const NEVER_SEEN: Seen = { failures: 0, tried: [], objections: [] }

/** Everything that is said about an error text. */
export interface Answered {
  /** Its number in the record. */
  id: number
  /** Null when the cause is not known. */
  explanation: Explanation | null
  /** The first error of a text whose cause is not known. */
  first: FirstCause | null
  seen: Seen
}
