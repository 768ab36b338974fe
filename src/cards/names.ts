import type { Run } from '../../storage/runs.ts'
import type { RunState } from '../run/state.ts'
import { plain } from './user-text.ts'

/** `builtin/encoder` → `encoder`, `team/model` → `model`: what fits in a line. */
export function shortName(name: string): string {
  return plain(name.split('/').at(-1) ?? name, 48)
}

/** `#42 encoder on emails` */
export function runTitle(run: Pick<Run, 'id' | 'spec'>): string {
  return `#${run.id} ${shortName(run.spec.model)} on ${shortName(run.spec.dataset)}`
}

/** A person as Discord shows them. It pings nobody unless allowed_mentions names them. */
export function person(id: string): string {
  return /^\d+$/.test(id) ? `<@${id}>` : id
}

const MARKS = {
  draft: '✎',
  discarded: '–',
  queued: '⏳',
  preparing: '▶',
  running: '▶',
  evaluating: '▶',
  saving: '▶',
  lost: '◌',
  completed: '✓',
  stopped: '■',
  cancelled: '■',
  failed: '✗',
} as const satisfies Record<RunState, string>

/** One sign for where a run stands. */
export function mark(state: RunState): string {
  return MARKS[state]
}
