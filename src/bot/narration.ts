import type { Run } from '../../storage/runs.ts'
import { cancelledCard } from '../cards/cancelled.ts'
import { evaluationCard } from '../cards/evaluation.ts'
import { failureCard } from '../cards/failure.ts'
import type { Card } from '../cards/layout.ts'
import { resultCard } from '../cards/result.ts'
import { warningCard } from '../cards/warning.ts'
import type { Answered } from '../diagnosis/answered.ts'
import type { EventOf } from '../run/events.ts'
import type { RunView } from '../run/view.ts'

/** Keys of what is said about a run; the other ones are `eval:<step>` and `warning:<code>`. */
export const SAID = {
  channel: 'channel',
  thread: 'thread',
  mending: 'mending',
  resuming: 'resuming',
  status: 'status',
  ending: 'ending',
} as const

type Warning = EventOf<'warning'>

/** Something that is said once, in the run's thread. */
export interface ThreadLine {
  key: string
  card: Card
  /** The one person that this message calls, if any. */
  ping: string | null
}

/**
 * What the thread has not heard yet, in the order it happened. Nobody is called by progress: the ending calls the
 * starter, unless the starter ended it.
 */
export function untold({
  run,
  view,
  said,
  warned = [],
  answered,
}: {
  run: Run
  view: RunView
  said: ReadonlySet<string>
  /** What the run that this one goes on from had warned of, in the same thread. */
  warned?: readonly Warning[]
  /** Why it failed; asked for when that is to be said. */
  answered: Answered | null
}): ThreadLine[] {
  const isNew = ({ code, message }: Warning) =>
    !warned.some((before) => before.code === code && before.message === message)
  const warnings = new Map(view.warnings.filter(isNew).map((warning) => [warning.code, warning]))
  const lines = [
    ...view.evaluations
      .filter(({ earlier }) => !earlier) // told by the run that this one goes on from
      .map((evaluation) => ({
        seq: evaluation.seq,
        key: `eval:${evaluation.step}`,
        card: evaluationCard({ evaluation, view }),
        ping: null,
      })),
    ...[...warnings.values()].map((warning) => ({
      seq: warning.seq,
      key: `warning:${warning.code}`,
      card: warningCard(warning),
      ping: null,
    })),
  ].sort((a, b) => a.seq - b.seq)
  const end = ending(run, view, answered)
  const all: ThreadLine[] = end ? [...lines, end] : lines
  return all.filter(({ key }) => !said.has(key)).map(({ key, card, ping }) => ({ key, card, ping }))
}

function ending(run: Run, view: RunView, answered: Answered | null): ThreadLine | null {
  const ping = run.created_by
  switch (run.state) {
    case 'completed':
    case 'stopped':
      return { key: SAID.ending, card: resultCard({ run, view }), ping }
    case 'failed':
      return answered && { key: SAID.ending, card: failureCard({ run, view, answered }), ping }
    case 'cancelled': {
      const own = run.ending?.is === 'cancelled' && run.ending.by === run.created_by
      return { key: SAID.ending, card: cancelledCard({ run, view }), ping: own ? null : ping }
    }
    default:
      return null
  }
}
