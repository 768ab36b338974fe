import type { Program } from '../../../tracer/node.ts'
import type { Precision } from '../../precision.ts'
import { attendKernel } from '../attention/launch.ts'
import { emitColumns, emitGroup, type FlatGroup, type Given, launchFlat } from '../emit/emit.ts'
import { emitSumming } from '../emit/summing.ts'
import { dotProduct } from '../fixed/dot.ts'
import { isTall } from '../fuse/decide.ts'
import type { Form } from '../kernel/form.ts'
import { type Columns, fuse, type Group, type Unit } from '../fuse/fuse.ts'
import { sorted } from './order.ts'
import type { Kernel, KernelLaunch, ManyLaunch } from '../kernel/kernel.ts'
import { lower } from '../lower/lower.ts'
import { isForMatrixUnits } from '../lower/product.ts'
import { runningSum } from '../fixed/running-sum.ts'
import { placeOf, scatterAdd } from '../fixed/scatter.ts'
import { sumsOfSquares } from '../fixed/squares.ts'
import { type Arena, planArena, roundUp } from './arena.ts'
import { type Sizes, specialise } from '../program/specialise.ts'
import { BYTES, type ColumnSum, count, type Input, type Product, type Step } from '../lower/step.ts'

/** What happens on the device, one after the other. */
export type Launch =
  | KernelLaunch
  | ManyLaunch
  | { kind: 'product'; product: Product; fallback: KernelLaunch }
  | { kind: 'clear'; step: Step; bytes: number }

/** A program at given sizes, as launches over planned memory. */
export interface Plan {
  launches: readonly Launch[]
  kernels: readonly Kernel[]
  arena: Arena
  /** Feeds and results by name: where they lie in their own region, in bytes. */
  feeds: ReadonlyMap<string, Region>
  feedBytes: number
  results: ReadonlyMap<string, Region>
  resultBytes: number
  scratchBytes: number
  counters: number
  /** States that are read or written, with their number of elements. */
  states: ReadonlyMap<string, number>
  /** States whose copy in half precision is read. */
  copies: ReadonlyMap<string, number>
  /** States whose copies are read as one: they must lie one behind the other. */
  neighbours: readonly (readonly string[])[]
  /** States that are written, and whether their copy is written with them. */
  written: ReadonlyMap<string, { withCopy: boolean }>
}

export interface Region {
  offset: number
  shape: readonly number[]
}

export function planProgram({
  program,
  sizes,
  precision,
  form,
}: {
  /** Folded (executors/fold.ts), its axes open */
  program: Program
  sizes: Sizes
  precision: Precision
  form: Form
}): Plan {
  const { program: closed, ...kinds } = specialise(program, sizes)
  const steps = lower({
    program: closed,
    ...kinds,
    half: precision === 'bf16' || precision === 'fp16',
    tiles: form.tiles !== null,
  })
  for (const { shape } of steps) {
    if (count(shape) >= 2 ** 31)
      throw new Error(`A tensor of [${shape.join(', ')}] has more elements than an int counts`)
  }
  const { units, stored } = fuse(steps)
  const copied = steps.filter((step): step is Input => step.kind === 'input' && step.from === 'copy')
  const copies = new Map(
    copied.flatMap((step) => (step.parts.length === 0 ? [step] : step.parts)).map((step) => [step.name, step]),
  )

  const emit = (group: Group) => emitGroup({ group, copies, form })
  const launches = sorted(together(units, emit), steps, stored).flatMap((unit) =>
    launchesOf(unit, { copies, form }, emit),
  )
  const kernels = new Map<string, Kernel>()
  for (const launch of launches) {
    const kernel = launch.kind === 'product' ? launch.fallback.kernel : launch.kind === 'clear' ? null : launch.kernel
    if (kernel) kernels.set(kernel.name, kernel)
  }
  const feeds = regionsOf(
    closed.inputs.flatMap(({ kind, name, value }) => (kind === 'feed' ? [[name, value.shape]] : [])),
  )
  const results = regionsOf(
    closed.outputs.flatMap(({ kind, name, value }) => (kind === 'feed' ? [[name, value.shape]] : [])),
  )
  const written = closed.outputs.flatMap(({ kind, name, value }) => {
    const isByGroup = steps.some(
      (step) => step.home?.kind === 'state' && step.home.name === name && step.kind === 'point',
    )
    return kind === 'state' ? [[name, value, isByGroup && copies.has(name)] as const] : []
  })
  return {
    launches,
    kernels: [...kernels.values()],
    arena: planArena(launches.map(touchedBy)),
    feeds: feeds.regions,
    feedBytes: feeds.bytes,
    results: results.regions,
    resultBytes: results.bytes,
    scratchBytes: Math.max(
      4,
      ...launches.map((launch) => ('scratch' in launch ? launch.scratch : 0)),
      squaresScratch(units, form),
    ),
    counters: Math.max(1, ...launches.map((launch) => ('counters' in launch ? launch.counters : 0))),
    states: new Map([
      ...closed.inputs.flatMap(({ kind, name, value }) =>
        kind === 'state' ? [[name, count(value.shape)] as const] : [],
      ),
      ...written.map(([name, value]) => [name, count(value.shape)] as const),
    ]),
    copies: new Map([...copies].map(([name, { shape }]) => [name, count(shape)])),
    neighbours: copied.flatMap(({ parts }) => (parts.length === 0 ? [] : [parts.map(({ name }) => name)])),
    written: new Map(written.map(([name, , withCopy]) => [name, { withCopy }])),
  }
}

/** Equal flat kernels of one level, which do not need each other, become one launch. */
function together(units: readonly Unit[], emit: (group: Group) => KernelLaunch | FlatGroup): Unit[] {
  const alike = new Map<string, { level: number; groups: Group[] }>()
  const result: Unit[] = []
  for (const unit of units) {
    const emitted = unit.kind === 'group' && unit.sums.length === 0 ? emit(unit) : null
    if (unit.kind !== 'group' || emitted?.kind !== 'flat') {
      result.push(unit)
      continue
    }
    const key = `${unit.level} ${JSON.stringify(emitted.parameters)} ${emitted.body}`
    const known = alike.get(key)
    if (known) known.groups.push(unit)
    else alike.set(key, { level: unit.level, groups: [unit] })
  }
  return [...result, ...[...alike.values()].map((many): Unit => ({ kind: 'many', ...many }))]
}

function launchesOf(unit: Unit, { copies, form }: Given, emit: (group: Group) => KernelLaunch | FlatGroup): Launch[] {
  switch (unit.kind) {
    case 'group': {
      if (unit.sums.length > 0) return emitSumming({ group: unit, copies, form })
      const launch = emit(unit)
      return [launch.kind === 'flat' ? launchFlat([launch]) : launch]
    }
    case 'many':
      return [launchFlat(unit.groups.map(emit).filter((group) => group.kind === 'flat'))]
    case 'columns':
      return columnsOf(unit, { copies, form })
    case 'squares':
      return sumsOfSquares({ squares: unit.steps, form }).launches
    case 'single':
      return launchesOfStep(unit.step, form)
  }
}

/** Many rows are gone through as those of other kernels are; sums over few, or over groups of them, have a kernel of their own. */
function columnsOf({ sums, steps }: Columns, given: Given): Launch[] {
  const [sum] = sums as [ColumnSum]
  const { members, shape } = sum
  if (!isTall(sum)) return [emitColumns({ columns: { kind: 'columns', sums, steps }, ...given })]
  const group: Group = { kind: 'group', rows: members, columns: shape[1] ?? 1, steps, stores: new Set(), sums }
  return emitSumming({ group, ...given })
}

function launchesOfStep(step: (Unit & { kind: 'single' })['step'], form: Form): Launch[] {
  switch (step.kind) {
    case 'product': {
      const fallback = dotProduct({ product: step, form })
      return isForMatrixUnits(step.matrices) ? [{ kind: 'product', product: step, fallback }] : [fallback]
    }
    case 'scatterAdd':
      return [{ kind: 'clear', step, bytes: count(step.shape) * BYTES.float }, ...scatterAdd({ scatter: step, form })]
    case 'placeOf':
      return [{ kind: 'clear', step, bytes: count(step.shape) * BYTES.int }, placeOf({ places: step, form })]
    case 'runningSum':
      return [runningSum({ sum: step, form })]
    case 'attend':
      return [attendKernel({ step, form })]
    case 'join':
    case 'after':
      return []
  }
}

function squaresScratch(units: readonly Unit[], form: Form): number {
  return Math.max(
    0,
    ...units.map((unit) => (unit.kind === 'squares' ? sumsOfSquares({ squares: unit.steps, form }).scratch : 0)),
  )
}

/** The steps whose memory a launch uses. */
export function touchedBy(launch: Launch): Step[] {
  switch (launch.kind) {
    case 'clear':
      return [launch.step]
    case 'product':
      return [launch.product, ...launch.product.inputs.map(({ step }) => step)]
    case 'kernel':
      return launch.arguments.flatMap((argument) => (argument.kind === 'step' ? [argument.step] : []))
    case 'many':
      return launch.pieces.flatMap((piece) =>
        piece.arguments.flatMap((argument) => (argument.kind === 'step' ? [argument.step] : [])),
      )
  }
}

function regionsOf(ports: readonly (readonly [string, readonly number[]])[]): {
  regions: Map<string, Region>
  bytes: number
} {
  let bytes = 0
  const regions = new Map<string, Region>()
  for (const [name, shape] of ports) {
    regions.set(name, { offset: bytes, shape })
    bytes += Math.ceil((count(shape) * 4) / 16) * 16
  }
  return { regions, bytes: roundUp(bytes + 64) }
}
