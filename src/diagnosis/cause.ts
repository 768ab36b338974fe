import type { RunFacts } from './facts.ts'
import type { Line } from './extract/line.ts'
import type { Fix } from './fix.ts'

/** A place in a log where one pattern of a cause stands. */
export interface Found {
  line: Line
  /** Number of the line, from 0. */
  at: number
  pattern: RegExp
  /** What was matched, and the named groups of the pattern. */
  match: string
  groups: Readonly<Record<string, string | undefined>>
  /** The lines around it, nearest first above, in order below; at most `count`. */
  above: (count: number) => string[]
  below: (count: number) => string[]
}

/** What a guard may ask of the whole text. */
export interface Log {
  text: string
  has: (literal: string) => boolean
}

/**
 * How far an entry may be trusted to name the root: `specific` causes win over `general` ones, whose wording many
 * causes share, and those over a `consequence`, which mostly follows from another failure.
 */
export const TIERS = ['specific', 'general', 'consequence'] as const
export type Tier = (typeof TIERS)[number]

/** One cause of the catalogue: a thing that goes wrong, not a wording. */
export interface Cause {
  /** What people quote: `FT-OOM-TRAIN`. Unique. */
  code: string
  /** What it is called across versions: `cuda-oom`. Several entries may share one. */
  slug: string
  /** At most 80 characters, without the fix. */
  title: string
  tier: Tier
  /** Tried on one line (at most 4000 characters) that is an error or has no level. */
  matches: readonly RegExp[]
  /** Tried on warnings too; believed only in a text without another error and without signs of a run that goes on. */
  hints: readonly RegExp[]
  /** What the pattern alone cannot tell. */
  when: (found: Found, log: Log) => boolean
  /** Whether `matches` count on INFO and WARNING lines too: a log row with a loss of nan is one. */
  anyLevel: boolean
  /** The engine's own codes for it. */
  engine: readonly string[]
  explains: (found: Found, facts: RunFacts) => string
  fixes: (found: Found, facts: RunFacts) => Fix[]
  /** Whether the fixes say what the engine's own remedy says: it is no fix of its own then. */
  coversRemedy: (facts: RunFacts) => boolean
}

type Written = Pick<Cause, 'code' | 'slug' | 'title' | 'matches' | 'explains' | 'fixes'> & Partial<Cause>

/** Writes an entry; what is left out takes its default. */
export function cause(written: Written): Cause {
  const left = { when: () => true, coversRemedy: () => false }
  return { tier: 'specific', hints: [], anyLevel: false, engine: [], ...left, ...written }
}
