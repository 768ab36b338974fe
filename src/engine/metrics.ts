import type { Evaluation } from '../run/events.ts'

export interface ClassificationMetrics {
  accuracy: number
  /** The mean of the labels' f1 (macro), over the labels that occur, as scikit-learn computes it. */
  f1: number
  per_label: Evaluation['per_label']
  /** confusion[truth][prediction], in the order of `labels` */
  confusion: number[][]
}

/** Accuracy, macro F1 and the confusion matrix of predicted against true label numbers. A share of nothing is 0. */
export function classificationMetrics({
  predictions,
  truths,
  labels,
}: {
  predictions: ArrayLike<number>
  truths: ArrayLike<number>
  labels: readonly string[]
}): ClassificationMetrics {
  const confusion = labels.map(() => labels.map(() => 0))
  for (let i = 0; i < truths.length; i++) {
    const row = confusion[truths[i] ?? -1]
    const column = predictions[i] ?? -1
    if (row?.[column] === undefined) throw new RangeError(`Row ${i} has a label that is not one of ${labels.length}`)
    row[column]++
  }

  const per_label = labels.map((label, i) => {
    const right = confusion[i]?.[i] ?? 0
    const support = sum(confusion[i] ?? [])
    const predicted = sum(confusion.map((row) => row[i] ?? 0))
    const f1 = share(2 * right, support + predicted)
    const score = { label, precision: share(right, predicted), recall: share(right, support), f1, support }
    return { score, occurs: support + predicted > 0 }
  })
  const occurring = per_label.filter(({ occurs }) => occurs)
  return {
    accuracy: share(sum(confusion.map((row, i) => row[i] ?? 0)), truths.length),
    f1: share(sum(occurring.map(({ score }) => score.f1)), occurring.length),
    per_label: per_label.map(({ score }) => score),
    confusion,
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
