import type { Evaluation, Measured } from '../run/events.ts'
import type { RunView } from '../run/view.ts'
import { accuracyWithInterval } from './accuracy.ts'
import { type Card, card, text } from './layout.ts'
import { loss } from './numbers.ts'
import { table } from './table.ts'

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
    ['Accuracy', evaluation.eval_accuracy.toFixed(4), change(evaluation.eval_accuracy, before?.eval_accuracy)],
    ['F1', evaluation.eval_f1.toFixed(4), change(evaluation.eval_f1, before?.eval_f1)],
  ]
  const when = evaluation.step === 0 ? 'before training' : `at step ${evaluation.step}`
  return card(text(`**Evaluation ${when}** · accuracy ${accuracyWithInterval(evaluation)}`, table(rows)))
}

/** `▲ 0.0120`, `▼ 0.0211`; nothing without an earlier value. */
function change(now: Measured, before: Measured | undefined): string {
  if (typeof now !== 'number' || typeof before !== 'number') return ''
  const difference = now - before
  if (Math.abs(difference) < 5e-5) return '= 0.0000'
  return `${difference > 0 ? '▲' : '▼'} ${Math.abs(difference).toFixed(4)}`
}
