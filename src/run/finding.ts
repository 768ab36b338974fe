import type { Arguments } from './arguments.ts'

/** What one look at a run said before it started: a line of the draft card. `failed` stands in the way of Launch. */
export interface Finding {
  /** Names the check, e.g. `dataset`; one finding a name. */
  check: string
  outcome: 'ok' | 'warning' | 'failed'
  /** One short sentence: what is so. */
  text: string
  /** What to do about it; null when nothing has to be done. */
  remedy: string | null
  /** Changes of the run's arguments that do it, the first one that is to be preferred: a button each. */
  offers?: readonly Offer[]
}

/** What a button of a draft does. */
export interface Offer {
  /** On the button, e.g. `Take batch 8 × 2`. */
  label: string
  change: Partial<Arguments>
}
