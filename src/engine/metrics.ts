import type { Evaluation } from '../run/events.ts'

type Scores = Evaluation['per_label']

export interface ClassificationMetrics {
  accuracy: number
  /** The mean of the labels' f1 (macro), over the labels that occur, as scikit-learn computes it. */
  f1: number
  per_label: Scores
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

  const predicted = labels.map((_, i) => sum(confusion.map((row) => row[i] ?? 0)))
  const per_label = labels.map((label, i) =>
    scoreOf({ label, right: confusion[i]?.[i] ?? 0, support: sum(confusion[i] ?? []), predicted: predicted[i] ?? 0 }),
  )
  const occurring = per_label.filter(({ support }, i) => support + (predicted[i] ?? 0) > 0)
  return {
    accuracy: share(sum(confusion.map((row, i) => row[i] ?? 0)), truths.length),
    f1: share(sum(occurring.map(({ f1 }) => f1)), occurring.length),
    per_label,
    confusion,
  }
}

/** What is most often taken for something else, the most rows first. */
export function mostConfused(
  confusion: readonly (readonly number[])[],
  labels: readonly string[],
  most = 20,
): NonNullable<Evaluation['confused']> {
  return confusion
    .flatMap((row, truth) =>
      row.flatMap((rows, said) =>
        rows > 0 && said !== truth ? [{ truth: labels[truth] ?? '', said: labels[said] ?? '', rows }] : [],
      ),
    )
    .sort((a, b) => b.rows - a.rows)
    .slice(0, most)
}

export interface MultiLabelMetrics {
  /** Over all labels of all rows at once (micro), as run_classification.py asks scikit-learn for it. */
  f1: number
  /** Share of the rows whose labels are all as they should be, and no other. */
  accuracy: number
  per_label: Scores
}

/** Micro F1 and the share of exact rows, of predicted against true sets of label numbers. A share of nothing is 0. */
export function multiLabelMetrics({
  predictions,
  truths,
  labels,
}: {
  predictions: readonly (readonly number[])[]
  truths: readonly (readonly number[])[]
  labels: readonly string[]
}): MultiLabelMetrics {
  const counts = labels.map(() => ({ right: 0, support: 0, predicted: 0 }))
  let exact = 0
  truths.forEach((truth, row) => {
    const said = new Set(predictions[row])
    const right = truth.filter((label) => said.has(label))
    if (right.length === truth.length && right.length === said.size) exact++
    const add = (label: number, what: 'right' | 'support' | 'predicted') => {
      const count = counts[label]
      if (!count) throw new RangeError(`Row ${row} has a label that is not one of ${labels.length}`)
      count[what]++
    }
    for (const label of truth) add(label, 'support')
    for (const label of said) add(label, 'predicted')
    for (const label of right) add(label, 'right')
  })
  const total = (what: 'right' | 'support' | 'predicted') => sum(counts.map((count) => count[what]))
  return {
    f1: share(2 * total('right'), total('support') + total('predicted')),
    accuracy: share(exact, truths.length),
    per_label: labels.map((label, i) => scoreOf({ label, right: 0, support: 0, predicted: 0, ...counts[i] })),
  }
}

export interface RegressionMetrics {
  /** The mean of the squared errors, and of the errors without their sign */
  mse: number
  mae: number
  /** Correlation of predictions and truths, −1 to 1; 0 when one of them is always the same */
  pearson: number
}

export function regressionMetrics({
  predictions,
  truths,
}: {
  predictions: ArrayLike<number>
  truths: ArrayLike<number>
}): RegressionMetrics {
  const rows = truths.length
  const off = Array.from(truths, (truth, row) => (predictions[row] ?? NaN) - truth)
  const [said, wanted] = [centred(predictions), centred(truths)]
  const along = sum(said.map((value, row) => value * (wanted[row] ?? 0)))
  const spread = Math.sqrt(sum(said.map((value) => value ** 2)) * sum(wanted.map((value) => value ** 2)))
  return {
    mse: sum(off.map((error) => error ** 2)) / rows,
    mae: sum(off.map(Math.abs)) / rows,
    pearson: share(along, spread),
  }
}

function centred(values: ArrayLike<number>): number[] {
  const numbers = Array.from(values)
  const mean = sum(numbers) / numbers.length
  return numbers.map((value) => value - mean)
}

function scoreOf(count: { label: string; right: number; support: number; predicted: number }): Scores[number] {
  const { label, right, support, predicted } = count
  const f1 = share(2 * right, support + predicted)
  return { label, precision: share(right, predicted), recall: share(right, support), f1, support }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

function share(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole
}
