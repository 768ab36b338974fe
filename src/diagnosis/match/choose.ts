import { TIERS } from '../cause.ts'
import { type Candidate, STRENGTHS } from './candidates.ts'

/**
 * The candidate that is told, in this order: an error before a warning before a quoted source line; a specific cause
 * before a general one before a consequence; what came first in time; and the order of the catalogue.
 */
export function chooseCandidate(candidates: readonly Candidate[]): Candidate | null {
  return [...candidates].sort(compare)[0] ?? null
}

function compare(a: Candidate, b: Candidate): number {
  return (
    STRENGTHS.indexOf(a.strength) - STRENGTHS.indexOf(b.strength) ||
    TIERS.indexOf(a.cause.tier) - TIERS.indexOf(b.cause.tier) ||
    a.found.at - b.found.at ||
    a.rank - b.rank
  )
}
