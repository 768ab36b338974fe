import type { Evaluation } from '../../run/events.ts'
import { pythonFloat } from '../python-json.ts'

/**
 * A file of `.eval_results/` as the Hub reads it: one entry, the accuracy on a dataset of the Hub. The Hub shows it beside
 * the dataset's leaderboard when the dataset has one. Null for what has no accuracy.
 * Source: https://huggingface.co/docs/hub/eval-results
 */
export function evalResults({
  dataset,
  revision,
  evaluation: { eval_accuracy, per_label, rows, step },
  date,
}: {
  /** Its id on the Hub. */
  dataset: string
  /** The commit that was read, when that is known. */
  revision: string | null
  evaluation: Evaluation
  /** ISO 8601 */
  date: string
}): string | null {
  if (eval_accuracy === undefined) return null
  const seen = rows ?? per_label.reduce((sum, { support }) => sum + support, 0)
  return [
    '- dataset:',
    `    id: ${JSON.stringify(dataset)}`,
    '    task_id: default',
    ...(revision === null ? [] : [`    revision: ${JSON.stringify(revision)}`]),
    `  value: ${pythonFloat(eval_accuracy)}`,
    `  date: ${JSON.stringify(date)}`,
    `  notes: ${JSON.stringify(`accuracy on ${seen} rows, at step ${step}`)}`,
    '',
  ].join('\n')
}

/** `stanfordnlp/imdb` → `.eval_results/stanfordnlp--imdb.yaml` */
export function evalResultsPath(dataset: string): string {
  return `.eval_results/${dataset.replaceAll('/', '--')}.yaml`
}
