import type { Evaluation, Measured } from '../run/events.ts'
import type { RunView } from '../run/view.ts'
import { type Card, card, text } from './layout.ts'
import { leadingLine, measuresOf } from './measures.ts'
import { loss } from './numbers.ts'
import { table } from './table.ts'

/** The model card's names of what is measured. */
const COLUMNS: Readonly<Record<string, string>> = {
  eval_accuracy: 'Accuracy',
  eval_f1: 'F1',
  eval_mse: 'Mse',
  eval_mae: 'Mae',
  eval_pearson: 'Pearson',
}

/** One evaluation in the model card's columns, one a line so that a phone shows it, with the change since the last. */
export function evaluationCard({ evaluation, view }: { evaluation: Evaluation; view: RunView }): Card {
  const index = view.evaluations.findIndex((other) => other.seq === evaluation.seq)
  const before = index > 0 ? (view.evaluations[index - 1] ?? null) : null
  const log = view.logs.findLast((entry) => entry.step <= evaluation.step) ?? null
  const total = view.plan?.total_steps
  const rows = [
    ['Training Loss', log ? loss(log.loss) : 'No log'],
    ['Epoch', evaluation.epoch.toFixed(2)],
    ['Step', total === undefined ? String(evaluation.step) : `${evaluation.step}/${total}`],
    ['Validation Loss', loss(evaluation.eval_loss), change(evaluation.eval_loss, before?.eval_loss)],
    ...measuresOf(evaluation).map(({ name, value }) => {
      const earlier = before && measuresOf(before).find((measure) => measure.name === name)
      return [COLUMNS[name] ?? name, loss(value), change(value, earlier?.value)]
    }),
  ]
  const when = evaluation.step === 0 ? 'before training' : `at step ${evaluation.step}`
  return card(text(`**Evaluation ${when}** · ${leadingLine(evaluation)}`, table(rows)))
}

/** `▲ 0.0120`, `▼ 0.0211`; nothing without an earlier value. */
function change(now: Measured, before: Measured | undefined): string {
  if (typeof now !== 'number' || typeof before !== 'number') return ''
  const difference = now - before
  if (Math.abs(difference) < 5e-5) return '= 0.0000'
  return `${difference > 0 ? '▲' : '▼'} ${Math.abs(difference).toFixed(4)}`
}
