/*
 * What a program is rewritten into before it becomes kernels: a few kinds of steps instead of thirty operations, each with
 * one result in memory or in registers, reading others through views. Reshaping, transposing and slicing have no step of
 * their own: they are views.
 */

/** How numbers lie in memory. In registers they are always 32-bit floats. */
export type Element = 'float' | 'half' | 'int'

export const BYTES: Readonly<Record<Element, number>> = { float: 4, half: 2, int: 4 }

/** A step's result as somebody reads it: another shape, strides and beginning, all counted in elements. */
export interface View {
  readonly step: Step
  readonly shape: readonly number[]
  readonly strides: readonly number[]
  readonly offset: number
}

export interface Common {
  /** Counts up in an order in which all can run. */
  readonly id: number
  readonly shape: readonly number[]
  readonly inputs: readonly View[]
  element: Element
  /** Where the result must lie; null where the memory plan may choose. */
  home: Home | null
}

export type Home =
  | { kind: 'state'; name: string }
  | { kind: 'result'; name: string }
  /** A stretch of another step's memory. */
  | { kind: 'inside'; step: Step; offset: number }

/** Computed place by place from the same place of its inputs. `$0`, `$1`… stand for them, `COLUMN` for the last index. */
export type Point = Common & { readonly kind: 'point'; readonly code: string }
/** 1 where dropout keeps, 0 where it drops. */
export type Mask = Common & { readonly kind: 'mask'; readonly place: number; readonly rate: number }
/**
 * (table [rows, width], indices [...]) → [..., width]. With `orNone`, indices count from 1, and 0 picks zeros. A third
 * input, [n], says which row each index stands for.
 */
export type Pick = Common & { readonly kind: 'pick'; readonly orNone: boolean }
/** The sum or the greatest of each row, [..., columns] → [..., 1] */
export type AlongRows = Common & { readonly kind: 'rowSum' | 'rowMax' }

/** [groups, members, columns] → [groups, columns], summed over the members. */
export type ColumnSum = Common & { readonly kind: 'columnSum'; readonly groups: number; readonly members: number }
export type Product = Common & { readonly kind: 'product'; readonly matrices: Matrices }
/** (values [n, width], rows [n]) → [rows, width] */
export type ScatterAdd = Common & { readonly kind: 'scatterAdd' }
/** (rows [n], each once, negative ones not counted) → [rows of a table]: where each is named, counted from 1, or 0. */
export type PlaceOf = Common & { readonly kind: 'placeOf' }
/** The sum of the squares of everything. */
export type Squares = Common & { readonly kind: 'squares' }
/** Running sums along the last axis. */
export type RunningSum = Common & { readonly kind: 'runningSum' }
/**
 * Attention in one kernel, its scores never in memory. What it reads: q, k, v [batch, heads, rows, size], bias [batch, 1, 1,
 * tokens], and for a gradient also the gradient of the context and the norms of the scores. `forward` makes the context,
 * and beside it, where a gradient follows, the norms [batch, heads, queries]; `query` reads the context, and makes the
 * gradient of q, and beside it the shifts [batch, heads, queries]; `keys` reads those, and makes the gradients of k and,
 * beside it, v.
 */
export type Attend = Common & {
  readonly kind: 'attend'
  readonly part: 'forward' | 'query' | 'keys'
  /** Factors of the scores and of the context. */
  readonly scale: number
  readonly up: number
  readonly dropout: { readonly place: number; readonly rate: number } | null
  /** Where a row of the result lies, [batch, heads, rows]; what lies beside it is as the result is. */
  strides: readonly number[]
  beside: Beside | null
}
/** Another result of the launch that makes its input. */
export type Beside = Common & { readonly kind: 'beside' }
/** Its first input where it lies, once the others are there. */
export type After = Common & { readonly kind: 'after' }
/** One piece of memory that its inputs are written into. */
export type Join = Common & { readonly kind: 'join' }
/** What the executor holds: a state, its copy in half precision, or a feed. */
export type Input = Common & {
  readonly kind: 'input'
  readonly name: string
  readonly from: 'state' | 'copy' | 'feed'
  /** Inputs that lie one behind the other and are read as one, under the name of the first; none where it is one alone. */
  readonly parts: readonly Input[]
}
/** One number that the program wrote down. */
export type Literal = Common & { readonly kind: 'literal'; readonly value: number }

export type Fusible = Point | Mask | Pick | AlongRows
export type Step =
  | Fusible
  | ColumnSum
  | Product
  | ScatterAdd
  | PlaceOf
  | Squares
  | RunningSum
  | Attend
  | Beside
  | After
  | Join
  | Input
  | Literal

/**
 * c[m, n] = scale · a[m, k] b[k, n] (+ bias[n]), `count` times. All row-major with `ld` elements from row to row and
 * `stride` from one to the next; `transposed` means stored as [k, m] or [n, k].
 */
export interface Matrices {
  m: number
  n: number
  k: number
  count: number
  scale: number
  a: Operand
  b: Operand
  c: Omit<Operand, 'transposed'>
}

export interface Operand {
  transposed: boolean
  ld: number
  stride: number
}

export function isFusible(step: Step): step is Fusible {
  return (
    step.kind === 'point' ||
    step.kind === 'mask' ||
    step.kind === 'pick' ||
    step.kind === 'rowSum' ||
    step.kind === 'rowMax'
  )
}

export function count(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}

/** Strides of a shape that lies row by row without gaps. */
export function contiguous(shape: readonly number[]): number[] {
  const strides: number[] = []
  let stride = 1
  for (const length of [...shape].reverse()) {
    strides.unshift(stride)
    stride *= length
  }
  return strides
}

/** Whether a view reads its elements in the order in which they lie. Axes of length 1 have no say. */
export function isContiguous({ shape, strides }: View): boolean {
  const wanted = contiguous(shape)
  return shape.every((length, axis) => length === 1 || strides[axis] === wanted[axis])
}

/** Whether a view is all of a step's result, in order. */
export function isWhole(view: View): boolean {
  return view.offset === 0 && count(view.shape) === count(view.step.shape) && isContiguous(view)
}
