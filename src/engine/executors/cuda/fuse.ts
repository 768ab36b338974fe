import { type ColumnSum, count, type Fusible, isFusible, isWhole, type Step, type View } from './step.ts'
import { extent } from './view.ts'

/*
 * Which steps become one kernel. The rules are told in docs/cuda.md; in short:
 *
 * 1. A step belongs to a domain, its rows and columns. Steps of one domain that read each other at the same place may
 *    share a kernel, where the value stays in a register.
 * 2. Everything else reads memory: products, sums over rows, views of another order, another domain.
 * 3. The level of a step is the number of such crossings before it. Only steps of one level share a kernel, so no kernel
 *    ever waits for itself.
 * 4. What several kernels want is either stored once or computed again in each, whichever moves fewer bytes.
 */

/** A kernel over a domain: steps whose values live in registers, in an order in which they can run. */
export interface Group {
  kind: 'group'
  rows: number
  columns: number
  steps: Fusible[]
  /** The steps whose results this kernel writes; the others stay in registers. */
  stores: ReadonlySet<Step>
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

export interface Fused {
  /** In no order yet: see `sorted`. */
  units: Unit[]
  /** Steps whose result is in memory. */
  stored: ReadonlySet<Step>
}

/** How a step reads another of its own domain: all columns, or one value a row. Null: through memory. */
export function sharing(view: View, rows: number, columns: number): 'place' | 'row' | null {
  const { step, shape } = view
  if (!isFusible(step) || !isWhole(view)) return null
  const own = extent(step.shape)
  const seen = extent(shape)
  // What a single row adds up to is a scalar, and the kernel that makes it has a row's columns.
  if (rows === 1 && columns === 1 && domainOf(step).columns > 1) return null
  if (seen.rows === rows && seen.columns === columns && own.columns === columns) return 'place'
  // One value for all of a single row is a scalar: others want it too, so it is stored.
  return seen.rows === rows && seen.columns === 1 && own.columns === 1 && rows > 1 ? 'row' : null
}

/** As `sharing`, by the step that reads. A table is always in memory: its rows are not those of the domain. */
function sharedWith(step: Step, view: View): 'place' | 'row' | null {
  if (step.kind === 'pick') return null
  const { rows, columns } = readingDomain(step)
  return sharing(view, rows, columns)
}

/** The rows and columns that a fusible step runs over. */
export function domainOf(step: Fusible): { rows: number; columns: number } {
  const along = step.kind === 'rowSum' || step.kind === 'rowMax'
  return extent(along ? (step.inputs[0] as View).shape : step.shape)
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

/** Where a step is computed: with others of a level, or within sums over rows. */
type Place = number | string

/** Sums over the same rows, at one level, are made in one kernel. */
function placeOf(sum: ColumnSum, levels: ReadonlyMap<Step, number>): string {
  return [levelOf(levels, sum), sum.groups, sum.members, sum.shape[1]].join()
}

/** Crossings before each step; a result of a kernel of level n can be read at level n + 1. */
function levelsOf(steps: readonly Step[]): Map<Step, number> {
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
    return Math.max(0, ...inputs.map((view) => levelOf(levels, view.step)))
  }
  for (const step of steps) levels.set(step, level(step))
  return levels
}

function levelOf(levels: ReadonlyMap<Step, number>, step: Step): number {
  const level = levels.get(step)
  if (level === undefined) throw new Error(`Step ${step.id} (${step.kind}) is read before it is made`)
  return level
}

/** What is stored, and where each fusible step is computed. */
function decide(steps: readonly Step[], levels: ReadonlyMap<Step, number>): Omit<Decided, 'steps' | 'levels'> {
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

/** The domain in which a step reads its inputs in registers; none for kernels of a fixed form. */
function readingDomain(step: Step): { rows: number; columns: number } {
  if (isFusible(step)) return domainOf(step)
  if (step.kind === 'columnSum') return { rows: step.groups * step.members, columns: step.shape[1] ?? 1 }
  return { rows: -1, columns: -1 }
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
          readsFor(maker, place, found, seen)
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
      if (most > (isStat ? 0 : 1)) stored.add(step)
    }
    // What is stored may still be cheaper to compute where all that it takes is at hand.
    const again = elsewhere.filter(
      (place) => !stored.has(step) || (step.home === null && readsFor(step, place).size === 0),
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

interface Decided {
  steps: readonly Step[]
  levels: ReadonlyMap<Step, number>
  stored: ReadonlySet<Step>
  places: ReadonlyMap<Step, ReadonlySet<Place>>
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
  // Two kernels that read one large result of a domain of their own size.
  const readers = new Map<string, Growing>()
  for (const group of [...groups]) {
    for (const step of group.steps) {
      for (const view of step.inputs) {
        if (!stored.has(view.step) || group.steps.has(view.step as Fusible)) continue
        if (group.columns === 1 || count(view.shape) !== group.rows * group.columns) continue
        const name = `${view.step.id}@${group.level}`
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
  }))
}

/** Sums over the same rows are made together. */
function columnsOf({ steps, levels, places }: Omit<Decided, 'stored'>): Unit[] {
  const units = new Map<Place, Columns & { level: number }>()
  for (const sum of steps) {
    if (sum.kind !== 'columnSum') continue
    const place = placeOf(sum, levels)
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

/** What a unit makes. */
export function madeBy(unit: Unit): readonly Step[] {
  switch (unit.kind) {
    case 'group':
      return [...unit.stores]
    case 'squares':
      return unit.steps
    case 'columns':
      return unit.sums
    case 'many':
      return unit.groups.flatMap(({ stores }) => [...stores])
    case 'single':
      return unit.step.kind === 'attend' && unit.step.beside ? [unit.step, unit.step.beside] : [unit.step]
  }
}

/** The stored steps that a unit reads from memory. */
export function readBy(unit: Unit, stored: ReadonlySet<Step>): Step[] {
  const outside = (steps: readonly Step[], own: ReadonlySet<Step>) =>
    steps.flatMap(({ inputs }) => inputs.map(({ step }) => step)).filter((step) => stored.has(step) && !own.has(step))
  switch (unit.kind) {
    case 'group':
      return outside(unit.steps, new Set(unit.steps))
    case 'many':
      return unit.groups.flatMap((group) => outside(group.steps, new Set(group.steps)))
    case 'columns':
      return outside([...unit.steps, ...unit.sums], new Set(unit.steps))
    case 'squares':
    case 'single':
      return outside(madeBy(unit), new Set())
  }
}

/** Sorts units so that each comes after what it reads, and a state is written after all have read it. */
export function sorted(units: readonly Unit[], steps: readonly Step[], stored: ReadonlySet<Step>): Unit[] {
  const position = new Map(steps.map((step, i) => [step, i]))
  const makers = new Map<Step, Unit>()
  for (const unit of units) for (const step of madeBy(unit)) if (stored.has(step)) makers.set(step, unit)
  const needs = new Map<Unit, Set<Unit>>(units.map((unit) => [unit, new Set()]))
  const readersOfState = new Map<string, Unit[]>()
  for (const unit of units) {
    for (const step of readBy(unit, stored)) {
      const maker = makers.get(step)
      if (maker && maker !== unit) needs.get(unit)?.add(maker)
      if (step.kind === 'input' && step.from !== 'feed') {
        readersOfState.set(step.name, [...(readersOfState.get(step.name) ?? []), unit])
      }
    }
  }
  for (const [step, unit] of makers) {
    if (step.home?.kind !== 'state') continue
    for (const reader of readersOfState.get(step.home.name) ?? []) {
      if (reader !== unit) needs.get(unit)?.add(reader)
    }
  }

  const first = (unit: Unit) => Math.max(...madeBy(unit).map((step) => position.get(step) ?? 0))
  const waiting = [...units].sort((a, b) => first(a) - first(b))
  const result: Unit[] = []
  const done = new Set<Unit>()
  while (waiting.length > 0) {
    const next = waiting.findIndex((unit) => [...(needs.get(unit) ?? [])].every((need) => done.has(need)))
    if (next < 0) throw new Error('Kernels wait for each other')
    const [unit] = waiting.splice(next, 1) as [Unit]
    done.add(unit)
    result.push(unit)
  }
  return result
}
