import type { Evaluation } from '../run/events.ts'
import type { RunView } from '../run/view.ts'
import { halfWidth95, score } from './numbers.ts'

/** Rows that an evaluation saw. */
export function rowsOf(evaluation: Evaluation): number {
  return evaluation.per_label.reduce((sum, label) => sum + label.support, 0)
}

/** `0.978 (± 0.013)`, with Wilson's 95 % interval. */
export function accuracyWithInterval(evaluation: Evaluation): string {
  const rows = rowsOf(evaluation)
  const accuracy = score(evaluation.eval_accuracy)
  return rows === 0 ? accuracy : `${accuracy} (± ${score(halfWidth95(evaluation.eval_accuracy, rows))})`
}

/** The evaluation of the model that was kept: at the best step where the run says so, else the last one. */
export function keptEvaluation(view: RunView): Evaluation | null {
  const best = view.end?.type === 'done' ? view.end.best_step : null
  const evaluations = view.evaluations.filter((evaluation) => evaluation.step > 0)
  return evaluations.findLast((evaluation) => best !== null && evaluation.step === best) ?? evaluations.at(-1) ?? null
}

/** The evaluation before the first update, when the run made one. */
export function untrainedEvaluation(view: RunView): Evaluation | null {
  return view.evaluations.find((evaluation) => evaluation.step === 0) ?? null
}
