import type { ColumnSum, Fusible, Step } from '../lower/step.ts'

/* What is one launch, or a few that belong together. */

/** A kernel over a domain: steps whose values live in registers, in an order in which they can run. */
export interface Group {
  kind: 'group'
  rows: number
  columns: number
  steps: Fusible[]
  /** The steps whose results this kernel writes; the others stay in registers. */
  stores: ReadonlySet<Step>
  /** Sums over the rows of what it computes. */
  sums: ColumnSum[]
}

/** Sums over rows that are made in one pass, with the steps that make what is summed. */
export interface Columns {
  kind: 'columns'
  sums: ColumnSum[]
  steps: Fusible[]
}

/** A step that is a launch, or several, by itself. */
export interface Single {
  kind: 'single'
  step: Exclude<Step, Fusible | ColumnSum | { kind: 'input' | 'literal' | 'squares' | 'beside' }>
}

/** Groups of one level whose kernels are equal: one launch. */
export interface Many {
  kind: 'many'
  groups: Group[]
}

/** All sums of squares at once. */
export interface AllSquares {
  kind: 'squares'
  steps: Step[]
}

export type Unit = (Group | Many | Columns | Single | AllSquares) & {
  /** Units of one level do not need each other. */
  level: number
}
