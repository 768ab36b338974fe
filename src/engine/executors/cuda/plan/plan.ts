import type { Program } from '../../../tracer/node.ts'
import type { Precision } from '../../precision.ts'
import { type Sizes, specialise } from '../../specialise.ts'
import { emitGroup } from '../emit/group.ts'
import { sumsOfSquares } from '../fixed/squares.ts'
import { fuse } from '../fuse/fuse.ts'
import type { Group, Unit } from '../fuse/unit.ts'
import type { Form } from '../kernel/form.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { lower } from '../lower/lower.ts'
import { count, type Input } from '../lower/step.ts'
import { activationsOf } from '../program/activations.ts'
import { type Arena, planArena, roundUp } from './arena.ts'
import { type Launch, launchesOf, touchedBy } from './launch.ts'
import { together } from './merge.ts'
import { sorted } from './order.ts'

/** A program at given sizes, as launches over planned memory. */
export interface Plan {
  launches: readonly Launch[]
  kernels: readonly Kernel[]
  arena: Arena
  /** Elements of the largest tensor */
  mostElements: number
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
  const closed = specialise(program, sizes)
  const steps = lower({
    program: closed,
    ...activationsOf(program),
    half: precision === 'bf16' || precision === 'fp16',
    tiles: form.tiles !== null,
  })
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
    mostElements: steps.reduce((most, { shape }) => Math.max(most, count(shape)), 0),
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

function squaresScratch(units: readonly Unit[], form: Form): number {
  return Math.max(
    0,
    ...units.map((unit) => (unit.kind === 'squares' ? sumsOfSquares({ squares: unit.steps, form }).scratch : 0)),
  )
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
