import type { Step } from '../lower/step.ts'
import type { Argument, Parameter } from './kernel.ts'

/* Short words for what kernels whose text does not follow from the program take, and what their launches give them. */

export const of = (name: string, type: Parameter['type']): Parameter => ({ name, type, pointer: true })
export const int = (name: string): Parameter => ({ name, type: 'int', pointer: false })
export const step = (step: Step): Argument => ({ kind: 'step', step })
export const integer = (value: number): Argument => ({ kind: 'integer', value })
