import { count, type Fusible, isFusible, type Step } from '../lower/step.ts'
import { extent } from '../lower/view.ts'
import { levelOf, type Place, placeOf } from './levels.ts'
import { domainOf, sharedWith } from './sharing.ts'

export interface Decided {
  steps: readonly Step[]
  levels: ReadonlyMap<Step, number>
  stored: ReadonlySet<Step>
  places: ReadonlyMap<Step, ReadonlySet<Place>>
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
