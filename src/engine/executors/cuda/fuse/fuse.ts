import { type ColumnSum, count, type Fusible, isFusible, type Step } from '../lower/step.ts'
import { decide, type Decided } from './decide.ts'
import { levelOf, levelsOf, type Place, placeOf } from './levels.ts'
import { domainOf, sharedWith } from './sharing.ts'
import type { Columns, Single, Unit } from './unit.ts'

/*
 * Which steps become one kernel. The rules are told in the README.md beside this folder; in short:
 *
 * 1. A step belongs to a domain, its rows and columns. Steps of one domain that read each other at the same place may
 *    share a kernel, where the value stays in a register.
 * 2. Everything else reads memory: products, sums over rows, views of another order, another domain.
 * 3. The level of a step is the number of such crossings before it. Only steps of one level share a kernel, so no kernel
 *    ever waits for itself.
 * 4. What several kernels want is either stored once or computed again in each, whichever moves fewer bytes.
 */

export interface Fused {
  /** In no order yet: see `sorted`. */
  units: Unit[]
  /** Steps whose result is in memory. */
  stored: ReadonlySet<Step>
}

export function fuse(steps: readonly Step[]): Fused {
  const levels = levelsOf(steps)
  const { stored, places } = decide(steps, levels)
  const groups = groupsOf({ steps, levels, stored, places })
  const columns = columnsOf({ steps, levels, places })
  const singles = steps.flatMap((step): Unit[] =>
    isFusible(step) || ['columnSum', 'input', 'literal', 'squares', 'beside'].includes(step.kind)
      ? []
      : [{ kind: 'single', step: step as Single['step'], level: levelOf(levels, step) }],
  )
  const squares = steps.filter(({ kind }) => kind === 'squares')
  const all: Unit[] = [...groups, ...columns, ...singles]
  const [one] = squares
  if (one) all.push({ kind: 'squares', steps: squares, level: levelOf(levels, one) })
  return { units: all, stored }
}

/** Steps that are computed at one level and read each other, or read the same large thing, share a kernel. */
function groupsOf({ steps, levels, stored, places }: Decided): Unit[] {
  interface Growing {
    level: number
    rows: number
    columns: number
    steps: Set<Fusible>
  }
  const groups = new Set<Growing>()
  const at = new Map<string, Growing>()
  const key = (step: Step, level: number) => `${step.id}@${level}`
  const merge = (one: Growing, other: Growing): Growing => {
    if (one === other) return one
    const columns = Math.max(one.columns, other.columns)
    const fit = (group: Growing) => group.columns === columns || group.columns === 1
    if (one.rows !== other.rows || !fit(one) || !fit(other)) return other
    one.columns = columns
    for (const step of other.steps) {
      one.steps.add(step)
      at.set(key(step, one.level), one)
    }
    groups.delete(other)
    return one
  }
  for (const step of steps) {
    if (!isFusible(step)) continue
    for (const level of places.get(step) ?? []) {
      if (typeof level !== 'number') continue
      const { rows, columns } = domainOf(step)
      let group: Growing = { level, rows, columns, steps: new Set([step]) }
      groups.add(group)
      at.set(key(step, level), group)
      for (const view of step.inputs) {
        const maker = sharedWith(step, view) === null ? undefined : at.get(key(view.step, level))
        if (maker) group = merge(maker, group)
      }
    }
  }
  // Two kernels that read one large result, or the same part of one, of a domain of their own size.
  const readers = new Map<string, Growing>()
  for (const group of [...groups]) {
    for (const step of group.steps) {
      for (const view of step.inputs) {
        if (!stored.has(view.step) || group.steps.has(view.step as Fusible)) continue
        if (group.columns === 1 || count(view.shape) !== group.rows * group.columns) continue
        const name = `${view.step.id}+${view.offset}@${group.level}`
        const other = readers.get(name)
        if (other && groups.has(other) && groups.has(group)) merge(other, group)
        else readers.set(name, group)
      }
    }
  }
  return [...groups].map(({ level, rows, columns, steps: members }) => ({
    kind: 'group',
    level,
    rows,
    columns,
    steps: steps.filter((step): step is Fusible => members.has(step as Fusible)),
    stores: new Set([...members].filter((step) => stored.has(step) && levelOf(levels, step) === level)),
    sums: steps.filter(
      (step): step is ColumnSum =>
        step.kind === 'columnSum' && placeOf(step, levels) === level && members.has(step.inputs[0]?.step as Fusible),
    ),
  }))
}

/** Sums over the same rows are made together. */
function columnsOf({ steps, levels, places }: Omit<Decided, 'stored'>): Unit[] {
  const units = new Map<Place, Columns & { level: number }>()
  for (const sum of steps) {
    if (sum.kind !== 'columnSum') continue
    const place = placeOf(sum, levels)
    if (typeof place === 'number') continue
    const known = units.get(place)
    if (known) known.sums.push(sum)
    else units.set(place, { kind: 'columns', level: levelOf(levels, sum), sums: [sum], steps: [] })
  }
  for (const step of steps) {
    if (!isFusible(step)) continue
    for (const place of places.get(step) ?? []) units.get(place)?.steps.push(step)
  }
  return [...units.values()]
}
