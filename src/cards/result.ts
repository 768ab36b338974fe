import type { Run } from '../../storage/runs.ts'
import type { Evaluation } from '../run/events.ts'
import type { RunView } from '../run/view.ts'
import { duration, secondsBetween } from './durations.ts'
import { ACCENT, button, type Card, card, container, row, separator, text } from './layout.ts'
import {
  keptEvaluation,
  leading,
  measuresOf,
  problemOf,
  rowsOf,
  untrainedEvaluation,
  wordOf,
  written,
} from './measures.ts'
import { person, runTitle } from './names.ts'
import { resumeButton } from './resume.ts'
import { loss } from './numbers.ts'
import { table } from './table.ts'
import { inlineCode, plain } from './user-text.ts'

/** More classes than this make a table that nobody reads on a phone. */
const CLASSES_SHOWN = 10
const CONFUSION_CLASSES = 5
const PAIRS_SHOWN = 5

/** The end of a run that finished, or that was stopped and saved: its result and what can be done with the model. */
export function resultCard({ run, view }: { run: Run; view: RunView }): Card {
  const evaluation = keptEvaluation(view)
  const untrained = untrainedEvaluation(view)
  const stopped = run.state === 'stopped'
  return card(
    container(
      stopped ? ACCENT.warning : ACCENT.good,
      text(
        `### ${stopped ? '■' : '✓'} ${runTitle(run)} ${stopped ? `stopped at step ${view.step}, saved` : 'finished'}`,
        ...(evaluation
          ? measured(evaluation)
          : ['-# It was not evaluated: `eval_strategy` was `no`, or it ended before the first evaluation.']),
        ...(untrained ? [`-# untrained ${leading(untrained).value.replace(/ .*/, '')}`] : []),
      ),
      evaluation && evaluation.per_label.length > 0 ? separator() : null,
      evaluation && evaluation.per_label.length > 0
        ? text(perClass(evaluation), ...confusion(evaluation), ...confused(evaluation))
        : null,
      text(
        [
          view.end?.type === 'done' && view.end.best_step !== null ? `best step ${view.end.best_step}` : null,
          view.end?.type === 'stopped' ? `kept ${inlineCode(view.end.checkpoint.split('/').at(-1) ?? '')}` : null,
          run.started_at !== null && run.ended_at !== null
            ? `took ${duration(secondsBetween(run.started_at, run.ended_at))}`
            : null,
          person(run.created_by),
        ]
          .filter((part) => part !== null)
          .join(' · '),
      ),
    ),
    row(
      button({ label: 'Try it', look: 'primary', action: 'try', run: run.id }),
      ...resumeButton(run, view),
      button({ label: 'Run again', action: 'again', run: run.id }),
      button({ label: 'Publish', action: 'publish', run: run.id }),
      button({ label: 'Receipt', action: 'receipt', run: run.id }),
    ),
  )
}

/** What it is told by, and below the other measures. */
function measured(evaluation: Evaluation): string[] {
  const { word, value } = leading(evaluation)
  const others = measuresOf(evaluation)
    .slice(1)
    .map((measure) => `${otherWord(measure.name, evaluation)} ${written(measure)}`)
  const interval = value.includes('±') ? '95 %, ' : ''
  return [
    `${word} **${value}**`,
    `-# ${[`${interval}n = ${rowsOf(evaluation)}`, ...others, `validation loss ${loss(evaluation.eval_loss)}`].join(' · ')}`,
  ]
}

/** With several labels a row, the accuracy is that of rows in which every label is right. */
function otherWord(name: string, evaluation: Evaluation): string {
  return name === 'eval_accuracy' && problemOf(evaluation) === 'multi_label_classification'
    ? 'all labels right'
    : wordOf(name)
}

function perClass(evaluation: Evaluation): string {
  const worstFirst = [...evaluation.per_label].sort((a, b) => a.f1 - b.f1)
  const shown = evaluation.per_label.length <= CLASSES_SHOWN ? evaluation.per_label : worstFirst.slice(0, CLASSES_SHOWN)
  const rows = shown.map((label) => [
    label.label,
    label.precision.toFixed(2),
    label.recall.toFixed(2),
    label.f1.toFixed(2),
    String(label.support),
  ])
  const title = shown.length < evaluation.per_label.length ? `worst ${shown.length}` : 'class'
  return table([[title, 'prec', 'rec', 'f1', 'n'], ...rows])
}

/** Rows are the truth, columns what the model said. */
function confusion({ per_label, confusion: counts }: Evaluation): string[] {
  if (!counts || per_label.length > CONFUSION_CLASSES) return []
  // A column a class: five of them still fit a phone. Names that would be cut are numbered, so that none looks like another.
  const width = per_label.length <= 3 ? 8 : 4
  const numbered = per_label.some(({ label }) => Array.from(label).length > width)
  const head = per_label.map(({ label }, index) => (numbered ? String(index + 1) : label))
  const rows = per_label.map(({ label }, truth) => [
    numbered ? `${truth + 1} ${label}` : label,
    ...(counts[truth] ?? []).map(String),
  ])
  return [table([['truth ↓ said →', ...head], ...rows])]
}

/** Of many classes: the pairs that are taken for one another most often. */
function confused({ per_label, confusion: counts, confused: known }: Evaluation): string[] {
  const pairs = known ?? (counts && per_label.length > CONFUSION_CLASSES ? pairsOf(per_label, counts) : [])
  if (pairs.length === 0) return []
  const rows = pairs
    .slice(0, PAIRS_SHOWN)
    .map(({ truth, said, rows }) => `-# ${rows} × ${plain(truth, 60)} → ${plain(said, 60)}`)
  return ['Most often mistaken (truth → said)', ...rows]
}

function pairsOf(labels: Evaluation['per_label'], counts: readonly (readonly number[])[]) {
  const name = (index: number) => labels[index]?.label ?? String(index)
  return counts
    .flatMap((row, truth) => row.map((rows, said) => ({ truth, said, rows })))
    .filter(({ truth, said, rows }) => truth !== said && rows > 0)
    .sort((a, b) => b.rows - a.rows)
    .map(({ truth, said, rows }) => ({ truth: name(truth), said: name(said), rows }))
}
