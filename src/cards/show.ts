import type { Change } from '../../storage/changes.ts'
import type { Run } from '../../storage/runs.ts'
import type { RunView } from '../run/view.ts'
import { argumentLines } from './arguments.ts'
import { ago, duration, secondsBetween } from './durations.ts'
import { ACCENT, type Card, card, container, separator, text } from './layout.ts'
import { keptEvaluation, leadingLine, measuresOf } from './measures.ts'
import { mark, person, runTitle, whatRuns } from './names.ts'
import { loss } from './numbers.ts'
import { table } from './table.ts'
import { clip, plain } from './user-text.ts'

const EVALUATIONS_SHOWN = 8
const CHANGES_SHOWN = 8

const SHORT: Readonly<Record<string, string>> = {
  eval_accuracy: 'acc',
  eval_f1: 'f1',
  eval_mse: 'mse',
  eval_mae: 'mae',
  eval_pearson: 'corr',
}

/** Everything the record holds about a run, for reading. */
export function showCard({ run, view, changes }: { run: Run; view: RunView; changes: readonly Change[] }): Card {
  const kept = keptEvaluation(view)
  const evaluations = view.evaluations.slice(-EVALUATIONS_SHOWN)
  const [first] = evaluations
  return card(
    container(
      ACCENT.draft,
      text(
        `### ${mark(run.state)} ${runTitle(run)}`,
        whatRuns(run),
        [
          run.state,
          kept ? leadingLine(kept) : null,
          run.started_at !== null && run.ended_at !== null
            ? duration(secondsBetween(run.started_at, run.ended_at))
            : null,
          run.thread_id === null ? null : `<#${run.thread_id}>`,
        ]
          .filter((part) => part !== null)
          .join(' · '),
      ),
      separator(),
      text(clip(argumentLines(run.spec.args).join('\n'), 1400)),
      first
        ? text(
            table([
              ['step', 'loss', ...measuresOf(first).map(({ name }) => SHORT[name] ?? name)],
              ...evaluations.map((each) => [
                String(each.step),
                loss(each.eval_loss),
                ...measuresOf(each).map(({ value }) => loss(value)),
              ]),
            ]),
          )
        : null,
      separator(),
      text('**Who did what**', ...changes.slice(-CHANGES_SHOWN).map(changeLine)),
    ),
  )
}

function changeLine({ actor, from_state, to_state, reason, at }: Change): string {
  const what = from_state === to_state ? (reason ?? 'edited') : `→ ${to_state}${reason === null ? '' : `, ${reason}`}`
  return `-# ${ago(at)} ${person(actor)} ${plain(what, 120)}`
}
