import { domainOf, sharedWith } from './sharing.ts'
import { type ColumnSum, count, type Fusible, isFusible, type Step } from '../lower/step.ts'
import { extent } from '../lower/view.ts'

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

/** What is stored, and where each fusible step is computed. */
export function decide(steps: readonly Step[], levels: ReadonlyMap<Step, number>): Omit<Decided, 'steps' | 'levels'> {
  const asked = storedAnyway(steps)
  // Whether to store depends on what else is stored: the second time that is known.
  const first = decideGiven(steps, levels, asked, asked)
  return decideGiven(steps, levels, asked, first.stored)
}

/** What must be in memory: it leaves the program, or is read in another order or by a kernel of another kind. */
function storedAnyway(steps: readonly Step[]): Set<Step> {
  const stored = new Set<Step>()
  for (const step of steps) {
    if (step.home !== null || (!isFusible(step) && step.kind !== 'literal')) stored.add(step)
    for (const view of step.inputs) {
      if (view.step.kind !== 'literal' && sharedWith(step, view) === null) stored.add(view.step)
    }
  }
  return stored
}

/** Whether a step looks at whole rows, and a place does not: one that sums over rows has some columns of each. */
function isOnlyAlongRows({ kind }: Step, place: Place): boolean {
  return (kind === 'rowSum' || kind === 'rowMax') && typeof place === 'string'
}

/** Readers are looked at before what they read. */
function decideGiven(
  steps: readonly Step[],
  levels: ReadonlyMap<Step, number>,
  asked: ReadonlySet<Step>,
  expected: ReadonlySet<Step>,
): Omit<Decided, 'steps' | 'levels'> {
  const stored = new Set(asked)
  const wanted = new Map<Step, Set<Place>>()
  const want = (step: Step, place: Place) => wanted.set(step, (wanted.get(step) ?? new Set<Place>()).add(place))
  const places = new Map<Step, ReadonlySet<Place>>()

  /** Large results that a place would have to read, besides what it computes anyway, to compute a step. */
  const readsFor = (step: Fusible, place: Place, found = new Set<Step>(), seen = new Set<Step>()): Set<Step> => {
    seen.add(step)
    const { rows, columns } = domainOf(step)
    // Rows of a table lie anywhere: as good as a large result.
    if (step.kind === 'pick') found.add(step)
    for (const view of step.inputs) {
      const maker = view.step
      if (isFusible(maker) && sharedWith(step, view) !== null) {
        if (wanted.get(maker)?.has(place) || seen.has(maker)) continue
        if (!expected.has(maker)) {
          if (!isOnlyAlongRows(maker, place)) readsFor(maker, place, found, seen)
          continue
        }
      }
      if (maker.kind !== 'literal' && 2 * count(view.shape) > rows * columns) found.add(maker)
    }
    return found
  }

  for (const step of [...steps].reverse()) {
    if (step.kind === 'columnSum') {
      for (const view of step.inputs) {
        if (isFusible(view.step) && sharedWith(step, view) !== null) want(view.step, placeOf(step, levels))
      }
    }
    if (!isFusible(step)) continue
    const own = levelOf(levels, step)
    const elsewhere = [...(wanted.get(step) ?? [])].filter((place) => place !== own)
    const isStat = extent(step.shape).columns === 1
    if (!stored.has(step) && elsewhere.length > 0 && (wanted.get(step)?.size ?? 0) > 1) {
      const most = Math.max(...elsewhere.map((place) => readsFor(step, place).size))
      if (most > (isStat ? 0 : 1) || elsewhere.some((place) => isOnlyAlongRows(step, place))) stored.add(step)
    }
    // What is stored may still be cheaper to compute where all that it takes is at hand.
    const again = elsewhere.filter(
      (place) =>
        !isOnlyAlongRows(step, place) &&
        (!stored.has(step) || (step.home === null && readsFor(step, place).size === 0)),
    )
    const here = new Set<Place>(stored.has(step) || wanted.get(step)?.has(own) ? [own, ...again] : again)
    places.set(step, here)
    for (const view of step.inputs) {
      if (!isFusible(view.step) || sharedWith(step, view) === null) continue
      for (const place of here) want(view.step, place)
    }
  }
  return { stored, places }
}

export interface Decided {
  steps: readonly Step[]
  levels: ReadonlyMap<Step, number>
  stored: ReadonlySet<Step>
  places: ReadonlyMap<Step, ReadonlySet<Place>>
}
