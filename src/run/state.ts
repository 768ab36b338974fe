import { z } from 'zod'

/** Where a run stands in the record. `lost` means that the host is silent, not that the run failed; it heals itself. */
export const RunState = z.enum([
  'draft',
  'discarded',
  'queued',
  'preparing',
  'running',
  'evaluating',
  'saving',
  'lost',
  'completed',
  'stopped',
  'cancelled',
  'failed',
])
export type RunState = z.infer<typeof RunState>

/** States in which an engine may be alive. */
export const LIVE: readonly RunState[] = ['preparing', 'running', 'evaluating', 'saving', 'lost']
/** States that nothing leaves. */
export const ENDED: readonly RunState[] = ['discarded', 'completed', 'stopped', 'cancelled', 'failed']

const ends: readonly RunState[] = ['completed', 'stopped', 'cancelled', 'failed']
const NEXT: Readonly<Record<RunState, readonly RunState[]>> = {
  draft: ['queued', 'discarded'],
  queued: ['preparing', 'cancelled', 'failed'],
  preparing: ['running', 'evaluating', 'saving', 'lost', ...ends],
  running: ['evaluating', 'saving', 'lost', ...ends],
  evaluating: ['running', 'saving', 'lost', ...ends],
  saving: ['running', 'evaluating', 'lost', ...ends],
  lost: ['preparing', 'running', 'evaluating', 'saving', ...ends],
  discarded: [],
  completed: [],
  stopped: [],
  cancelled: [],
  failed: [],
}

/** Whether a run may go from one state to the other. */
export function mayBecome(from: RunState, to: RunState): boolean {
  return NEXT[from].includes(to)
}

export function isLive(state: RunState): boolean {
  return LIVE.includes(state)
}

export function hasEnded(state: RunState): boolean {
  return ENDED.includes(state)
}
