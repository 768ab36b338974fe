import { z } from 'zod'

/** What a head learns: one label of several, any number of them, or a number. transformers' own names. */
export const ProblemType = z.enum(['single_label_classification', 'multi_label_classification', 'regression'])
export type ProblemType = z.infer<typeof ProblemType>

/** What an evaluation of each kind measures besides the loss; the first is what a result is told by. */
export const METRICS = {
  single_label_classification: ['accuracy', 'f1'],
  multi_label_classification: ['f1', 'accuracy'],
  regression: ['mse', 'mae', 'pearson'],
} as const satisfies Record<ProblemType, readonly string[]>

/** Metrics of which less is better. */
export function isError(metric: string): boolean {
  return /loss$|^(?:eval_)?(?:mse|mae)$/.test(metric)
}
