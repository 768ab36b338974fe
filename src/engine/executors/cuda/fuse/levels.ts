import { type ColumnSum, isFusible, type Step } from '../lower/step.ts'
import { sharedWith } from './sharing.ts'

/** Rows that are worth a kernel which goes from one to the next, and columns of which a block has room for a sum. */
const MANY = 128
const WIDEST = 8192

/** Whether a sum is one over all rows of a tensor, and they are many. */
export function isTall({ groups, members, shape }: ColumnSum): boolean {
  return groups === 1 && members >= MANY && (shape[1] ?? 1) <= WIDEST
}

/** Where a step is computed: with others of a level, or within sums over rows. */
export type Place = number | string

/**
 * Where a sum over rows is made: by the kernel that makes what is summed, where that is over all rows; else with other
 * sums over the same rows.
 */
export function placeOf(sum: ColumnSum, levels: ReadonlyMap<Step, number>): Place {
  const [view] = sum.inputs
  const level = levelOf(levels, sum)
  if (view && isFusible(view.step) && sharedWith(sum, view) === 'place' && isTall(sum)) {
    return level
  }
  return [level, sum.groups, sum.members, sum.shape[1]].join()
}

/** Crossings before each step; a result of a kernel of level n can be read at level n + 1. */
export function levelsOf(steps: readonly Step[]): Map<Step, number> {
  const levels = new Map<Step, number>()
  const squares = steps.filter(({ kind }) => kind === 'squares')
  const level = (step: Step): number => {
    if (step.kind === 'input' || step.kind === 'literal') return -1
    if (isFusible(step)) {
      return Math.max(
        0,
        ...step.inputs.map((view) => levelOf(levels, view.step) + (sharedWith(step, view) === null ? 1 : 0)),
      )
    }
    const inputs = step.kind === 'squares' ? squares.flatMap(({ inputs }) => inputs) : step.inputs
    const most = Math.max(0, ...inputs.map((view) => levelOf(levels, view.step)))
    // Nothing that reads it may be in one kernel with what it waits for.
    return step.kind === 'after' ? most + 1 : most
  }
  for (const step of steps) levels.set(step, level(step))
  return levels
}

export function levelOf(levels: ReadonlyMap<Step, number>, step: Step): number {
  const level = levels.get(step)
  if (level === undefined) throw new Error(`Step ${step.id} (${step.kind}) is read before it is made`)
  return level
}
