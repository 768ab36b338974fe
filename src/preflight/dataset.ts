import { type Check, ok, warning } from './check.ts'
import { trainRows } from './steps.ts'

const LABELS_NAMED = 6

/** The dataset can be read, and its texts and labels are found. */
export const datasetCheck: Check = {
  name: 'dataset',
  look: async ({ inspected }) => {
    const { text_column, label_column, labels } = await inspected
    const named = labels.slice(0, LABELS_NAMED).join(' / ')
    const more = labels.length > LABELS_NAMED ? ` and ${labels.length - LABELS_NAMED} more` : ''
    return ok(`columns \`${text_column}\`, \`${label_column}\` found, labels ${named}${more}`)
  },
}

/** The rows that will be used, and whether a label is so rare that a score of it says little. */
export const rowsCheck: Check = {
  name: 'rows',
  look: async ({ run, inspection }) => {
    const found = await inspection
    if (!found) return null
    const { args } = run.spec
    const train = trainRows(found, args)
    const evaluated = Math.min(found.eval_rows, args.max_eval_samples ?? Infinity)
    const counted = `${train} of ${found.train_rows} rows to train, ${evaluated} of ${found.eval_rows} to evaluate`
    const total = found.label_counts.reduce((sum, count) => sum + count, 0)
    const rarest = found.labels
      .map((label, index) => ({ label, count: found.label_counts[index] ?? 0 }))
      .sort((a, b) => a.count - b.count)[0]
    if (rarest && total > 0 && rarest.count / total < RARE_SHARE) {
      return warning(
        `${counted}; only ${rarest.count} of ${total} are \`${rarest.label}\``,
        'Accuracy hides a rare label: look at its recall in the result.',
      )
    }
    return ok(counted)
  },
}

const RARE_SHARE = 0.05

/** Without an evaluation the result has no accuracy. */
export const evaluationCheck: Check = {
  name: 'evaluation',
  look: ({ run }) =>
    Promise.resolve(
      run.spec.args.eval_strategy === 'no'
        ? warning(
            'It is never evaluated, so the result will have no accuracy',
            'Set `eval_strategy` to `epoch` in Edit.',
          )
        : null,
    ),
}
