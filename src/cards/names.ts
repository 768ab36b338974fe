import type { Run } from '../../storage/runs.ts'
import type { RunState } from '../run/state.ts'
import { inlineCode, plain } from './user-text.ts'

/** `builtin/encoder` → `encoder`, `team/model` → `model`: what fits in a line. */
export function shortName(name: string): string {
  return plain(name.split('/').at(-1) ?? name, 48)
}

/** `#42 encoder on emails` */
export function runTitle(run: Pick<Run, 'id' | 'spec'>): string {
  return `#${run.id} ${shortName(run.spec.model)} on ${shortName(run.spec.dataset)}`
}

/** Model and dataset in full, with the configuration and the short commits of those that are pinned on the Hub. */
export function whatRuns({ spec }: Pick<Run, 'spec'>): string {
  const at = (revision: string | undefined) =>
    revision === undefined
      ? ''
      : ` at ${inlineCode(/^[0-9a-f]{40}$/.test(revision) ? revision.slice(0, 7) : revision, 40)}`
  const config = spec.dataset_config_name === undefined ? '' : ` (${plain(spec.dataset_config_name, 60)})`
  return `${inlineCode(spec.model)}${at(spec.model_revision)} on ${inlineCode(spec.dataset)}${config}${at(spec.dataset_revision)}`
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
