import type { Run } from '../../storage/runs.ts'
import type { Explanation } from '../diagnosis/explain.ts'
import type { RunView } from '../run/view.ts'
import { effectiveBatch } from './arguments.ts'
import { duration, secondsBetween } from './durations.ts'
import { explanationTexts } from './explanation.ts'
import { ACCENT, button, type Card, card, container, row, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { plain, spoken } from './user-text.ts'

/** Why a run failed, what would mend it, and the buttons that do. `explanation` is null when the cause is not known. */
export function failureCard({
  run,
  view,
  explanation,
}: {
  run: Run
  view: RunView
  explanation: Explanation | null
}): Card {
  const failure = run.ending?.is === 'failed' ? run.ending : null
  const step = failure?.step ?? (view.step > 0 ? view.step : null)
  const own = view.end?.type === 'failed' ? view.end : null
  return card(
    container(
      ACCENT.bad,
      text(
        `### ✗ ${runTitle(run)} failed${step === null || step === 0 ? '' : ` at step ${step}`}`,
        ...(explanation ? [spoken(explanation.title, 100), `-# ${explanation.code}`] : []),
        ...(own ? [spoken(own.message, 400), ...(own.remedy === null ? [] : [spoken(own.remedy, 240)])] : []),
        ...(explanation === null && !own && failure ? [spoken(failure.message, 400)] : []),
      ),
      ...(explanation
        ? explanationTexts(explanation, run.id)
        : own
          ? []
          : [text('The cause is not known. The log has the whole story.')]),
      text(`-# ${ending(run)}${person(run.created_by)}`),
    ),
    row(
      button({ label: 'Log', action: 'log', run: run.id }),
      button({ label: 'Run again', action: 'again', run: run.id }),
    ),
  )
}

function ending(run: Run): string {
  const failure = run.ending?.is === 'failed' ? run.ending : null
  const how =
    failure === null
      ? null
      : failure.signal !== null
        ? `ended by ${plain(failure.signal)}`
        : failure.exitCode !== null
          ? `exit code ${failure.exitCode}`
          : null
  const after =
    run.started_at !== null && run.ended_at !== null
      ? `after ${duration(secondsBetween(run.started_at, run.ended_at))}`
      : null
  const batch = `batch ${effectiveBatch(run.spec.args)} × ${run.spec.args.max_length} tokens`
  return [how, after, batch].filter((part) => part !== null).join(' · ') + ' · '
}
