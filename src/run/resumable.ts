import type { RunView } from './view.ts'

/** Endings that come again when a run goes on: the same rows in the same order lead to the same numbers. */
const COMES_AGAIN: ReadonlySet<string | null> = new Set(['loss-not-finite'])

/** Why nothing would come of going on from a run's last checkpoint; null where something would. */
export function whyNotResumable({ checkpoints, end }: RunView): 'no checkpoint' | 'comes again' | null {
  if (checkpoints.length === 0) return 'no checkpoint'
  return end?.type === 'failed' && COMES_AGAIN.has(end.code) ? 'comes again' : null
}
