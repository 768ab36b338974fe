import type { Form } from './emit.ts'
import type { Argument, Parameter } from './kernel.ts'
import type { Step } from './step.ts'

/*
 * Words for kernels whose text does not follow from the program: products too small for the matrix units (dot.ts), rows
 * added up where they belong (scatter.ts), sums of squares (squares.ts), running sums, and copies in half precision.
 */

const THREADS = 256

export const of = (name: string, type: Parameter['type']): Parameter => ({ name, type, pointer: true })
export const int = (name: string): Parameter => ({ name, type: 'int', pointer: false })
export const step = (step: Step): Argument => ({ kind: 'step', step })
export const integer = (value: number): Argument => ({ kind: 'integer', value })

/** Threads of a block where each has work of its own. */
export function threadsOf({ lanes }: Form): number {
  return lanes === 1 ? 1 : THREADS
}
