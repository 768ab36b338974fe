import type { Cause } from '../cause.ts'
import { outOfMemory, outOfMemoryInEvaluation, outOfMemoryInLoading } from './memory.ts'

/**
 * Every cause, the more specific first: of two that match the same line, the one that stands earlier is told.
 * How matches on different lines are weighed is in match/choose.ts.
 */
export const CATALOGUE: readonly Cause[] = [outOfMemoryInEvaluation, outOfMemoryInLoading, outOfMemory]
