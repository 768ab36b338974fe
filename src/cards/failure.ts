import type { Run } from '../../storage/runs.ts'
import type { Answered } from '../diagnosis/answered.ts'
import type { RunView } from '../run/view.ts'
import { effectiveBatch } from './arguments.ts'
import { duration, secondsBetween } from './durations.ts'
import { answerButtons, codeLine, explanationTexts, tells, unknownTexts } from './explanation.ts'
import { ACCENT, button, type Card, card, container, row, text } from './layout.ts'
import { person, runTitle } from './names.ts'
import { resumeButton } from './resume.ts'
import { seenLines } from './seen.ts'
import { plain, spoken } from './user-text.ts'

/** Why a run failed, what would mend it, the buttons that do, and what this server has met of it. */
export function failureCard({ run, view, answered }: { run: Run; view: RunView; answered: Answered }): Card {
  const { explanation, first, seen } = answered
  const failure = run.ending?.is === 'failed' ? run.ending : null
  const step = failure?.step ?? (view.step > 0 ? view.step : null)
  const own = view.end?.type === 'failed' ? view.end : null
  const said = own?.message ?? (explanation ? null : failure?.message) ?? null
  // The engine's advice is the first fix; without a known cause it stands alone.
  const advice = explanation ? null : (own?.remedy ?? null)
  // The title or the reason often is the engine's own sentence.
  const told = [explanation?.title, explanation?.why].some((other) => tells(other, said)) ? null : said
  return card(
    container(
      ACCENT.bad,
      text(
        `### ✗ ${runTitle(run)} failed${step === null || step === 0 ? '' : ` at step ${step}`}`,
        ...(explanation ? [`**${spoken(explanation.title, 100)}**`, codeLine(explanation)] : []),
        ...(told === null ? [] : [spoken(told, 400)]),
        ...(advice === null ? [] : [spoken(advice, 300)]),
      ),
      ...(explanation
        ? explanationTexts(explanation, { id: run.id, args: run.spec.args, told })
        : own
          ? [text('-# The catalogue does not know this cause. The log has the whole story.')]
          : unknownTexts(first)),
      ...seenLines({ seen, fixes: explanation?.fixes ?? [] }).map((line) => text(line)),
      text(`-# ${ending(run)}${person(run.created_by)}`),
    ),
    row(
      button({ label: 'Log', action: 'log', run: run.id }),
      button({ label: 'Full log', action: 'full-log', run: run.id }),
      ...resumeButton(run, view),
      button({ label: 'Run again', action: 'again', run: run.id }),
    ),
    row(...answerButtons(answered, run.id)),
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
