import type { ProblemType } from '../run/problem-type.ts'

/** What a run learns to say of a text. */
export interface Problem {
  type: ProblemType
  /** Names by their numbers; none in regression */
  labels: readonly string[]
}

/**
 * What is true of a row: the number of its label; with multi-label the numbers of all its labels, ascending; in regression
 * the value itself.
 */
export type Target = number | readonly number[]

/** How many numbers the head gives for a text. */
export function outputsOf({ type, labels }: Problem): number {
  return type === 'regression' ? 1 : labels.length
}

/** config.json's names of the outputs; run_classification leaves transformers' own where there are no labels. */
export function outputNames({ type, labels }: Problem): readonly string[] {
  return type === 'regression' ? ['LABEL_0'] : labels
}

/** Targets of a batch as its loss reads them: int32 [rows], or float32 [rows, labels] of 0 and 1, or float32 [rows]. */
export function targetsOf(targets: readonly Target[], problem: Problem): Int32Array | Float32Array {
  if (problem.type === 'single_label_classification') return Int32Array.from(targets as readonly number[])
  if (problem.type === 'regression') return Float32Array.from(targets as readonly number[])
  const width = problem.labels.length
  const hot = new Float32Array(targets.length * width)
  targets.forEach((labels, row) => {
    for (const label of labels as readonly number[]) hot[row * width + label] = 1
  })
  return hot
}
