import type { Evaluation, Measured } from '../run/events.ts'
import type { ProblemType } from '../run/problem-type.ts'
import type { RunView } from '../run/view.ts'
import { halfWidth95, score, short } from './numbers.ts'

/** What an evaluation measured besides the loss, the one that a result is told by first. `name` is Trainer's. */
export interface Measure {
  name: string
  value: Measured
}

const NAMES = {
  single_label_classification: ['eval_accuracy', 'eval_f1'],
  multi_label_classification: ['eval_f1', 'eval_accuracy'],
  regression: ['eval_mse', 'eval_mae', 'eval_pearson'],
} as const satisfies Record<ProblemType, readonly (keyof Evaluation)[]>

/** What people call a measure. */
const WORDS: Readonly<Record<string, string>> = {
  eval_loss: 'validation loss',
  eval_accuracy: 'accuracy',
  eval_f1: 'F1',
  eval_mse: 'mean squared error',
  eval_mae: 'mean error',
  eval_pearson: 'correlation',
}

export function wordOf(name: string): string {
  return WORDS[name] ?? name.replace(/^eval_/, '')
}

/** What was learned, told from what was measured. */
export function problemOf({ eval_mse, confusion, confused }: Evaluation): ProblemType {
  if (eval_mse !== undefined) return 'regression'
  return confusion || confused ? 'single_label_classification' : 'multi_label_classification'
}

export function measuresOf(evaluation: Evaluation): Measure[] {
  return NAMES[problemOf(evaluation)].flatMap((name) => {
    const value = evaluation[name]
    return value === undefined ? [] : [{ name, value }]
  })
}

/** A share or a correlation in three digits, an error in as many as matter. */
export function written({ name, value }: Measure): string {
  if (typeof value !== 'number') return value
  return name === 'eval_mse' || name === 'eval_mae' ? short(value) : score(value)
}

/** Rows that an evaluation saw. */
export function rowsOf({ rows, per_label }: Evaluation): number {
  return rows ?? per_label.reduce((sum, label) => sum + label.support, 0)
}

/** The name and the value that a result is told by: an accuracy with Wilson's 95 % interval, `0.978 (± 0.013)`. */
export function leading(evaluation: Evaluation): { word: string; value: string } {
  const [first] = measuresOf(evaluation)
  if (!first) return { word: wordOf('eval_loss'), value: written({ name: 'eval_loss', value: evaluation.eval_loss }) }
  const rows = rowsOf(evaluation)
  const interval =
    first.name === 'eval_accuracy' && typeof first.value === 'number' && rows > 0
      ? ` (± ${score(halfWidth95(first.value, rows))})`
      : ''
  return { word: wordOf(first.name), value: `${written(first)}${interval}` }
}

/** `accuracy 0.978 (± 0.013)`, `F1 0.812`, `mean squared error 0.21` */
export function leadingLine(evaluation: Evaluation): string {
  const { word, value } = leading(evaluation)
  return `${word} ${value}`
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
