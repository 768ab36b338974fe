import type { Run } from '../../storage/runs.ts'
import { encodeId, NO_RUN } from './custom-id.ts'
import { ago } from './durations.ts'
import { type Card, card, select, text } from './layout.ts'
import { SELECT_OPTION_LENGTH } from './limits.ts'
import { wordOf, written } from './measures.ts'
import { mark, person, runTitle } from './names.ts'
import { clip } from './user-text.ts'

export const RUNS_LISTED = 15

/** Runs, newest first, each on a line, and a menu that opens one. */
export function listCard({ runs, more, about }: { runs: readonly Run[]; more: boolean; about: string }): Card {
  if (runs.length === 0) return card(text(`No runs ${about}.`, '-# `/finetune start` makes one.'))
  return card(
    text(
      `### Runs ${about}`,
      ...runs.map(line),
      ...(more ? [`-# The newest ${runs.length}; filter for older ones.`] : []),
    ),
    select({
      custom_id: encodeId({ action: 'show', run: NO_RUN }),
      placeholder: 'Show a run',
      options: runs.map((run) => ({
        label: clip(`${mark(run.state)} ${runTitle(run).replaceAll('\\', '')}`, SELECT_OPTION_LENGTH),
        value: String(run.id),
        description: clip(`${run.state}${result(run)}`, SELECT_OPTION_LENGTH),
      })),
    }),
  )
}

function line(run: Run): string {
  const where = run.thread_id === null ? '' : ` · <#${run.thread_id}>`
  return `${mark(run.state)} **${runTitle(run)}**${result(run)}\n-# ${run.state} · ${person(run.created_by)} · ${ago(run.created_at)}${where}`
}

function result(run: Run): string {
  if (run.ending?.is !== 'completed') return ''
  // The engine puts first what the result is told by.
  const first = Object.entries(run.ending.metrics).find(([name]) => name !== 'eval_loss')
  if (!first) return ''
  const [name, value] = first
  return ` · ${name === 'eval_accuracy' ? '' : `${wordOf(name)} `}${written({ name, value })}`
}
