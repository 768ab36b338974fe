import type { Run } from '../../storage/runs.ts'
import type { RunState } from '../run/state.ts'
import type { RunView } from '../run/view.ts'
import { duration, secondsBetween } from './durations.ts'
import { type Card, card, text } from './layout.ts'
import { keptEvaluation, leadingLine } from './measures.ts'
import { mark, person, runTitle } from './names.ts'
import { clip } from './user-text.ts'
import { THREAD_NAME_LENGTH } from './limits.ts'

/** The one line a run has in its channel: where it stands, and how it ended. */
export function channelLine({ run, view }: { run: Run; view: RunView }): Card {
  const thread = run.thread_id === null ? '' : ` · <#${run.thread_id}>`
  return card(text(`${mark(run.state)} **${runTitle(run)}**${said(run, view)}${thread}`))
}

/** The thread's name. Set once: Discord lets a name change only twice in ten minutes. */
export function threadName(run: Run): string {
  return clip(runTitle(run).replaceAll('\\', ''), THREAD_NAME_LENGTH)
}

const WORDS: Partial<Record<RunState, string>> = {
  queued: 'waits in the queue',
  lost: 'its host is silent',
  stopped: 'stopped and saved',
  cancelled: 'stopped',
  failed: 'failed',
}

function said(run: Run, view: RunView): string {
  const by = `, started by ${person(run.created_by)}`
  const word = WORDS[run.state]
  switch (run.state) {
    case 'completed': {
      const kept = keptEvaluation(view)
      const result = kept ? ` · ${leadingLine(kept)}` : ' · finished'
      return `${result}, ${took(run)}${by}`
    }
    case 'stopped':
    case 'cancelled':
    case 'failed':
      return `, ${word ?? run.state}${view.step > 0 ? ` at step ${view.step}` : ''}${by}`
    case 'queued':
    case 'lost':
      return `, ${word ?? run.state}${by}`
    default:
      return by
  }
}

function took(run: Run): string {
  return run.started_at === null || run.ended_at === null
    ? 'done'
    : duration(secondsBetween(run.started_at, run.ended_at))
}
