import type { Program } from '../../../tracer/node.ts'
import type { Run } from '../../executor.ts'
import type { Sizes } from '../../specialise.ts'
import type { Plan } from '../plan/plan.ts'
import type { SharedArena } from './arena.ts'
import { bindPlan } from './bind.ts'
import type { Address, Device, Recording } from './device.ts'
import { feedBytes } from './feeds.ts'
import { refuseWhatDoesNotFit } from './fits.ts'
import type { HalfCopies } from './half-copies.ts'
import type { Recorded, Recordings } from './recordings.ts'
import type { States } from './states.ts'

/** What all programs share of a device. */
export interface Shared {
  device: Device
  states: States
  copies: HalfCopies
  arena: SharedArena
  /** Zero between launches. */
  counters: Address
  recordings: Recordings
  planOf: (program: Program, sizes: Sizes) => Plan
}

/** Counters that a plan may use at most. */
export const COUNTERS = 1 << 18

/** A program at sizes of its own: compiled, with memory for what comes and goes with each run but the arena. */
export interface Specialisation extends Recorded {
  sizes: Sizes
  plan: Plan
  feeds: Address
  results: Address
  /** What dropout draws from: the last word of the feeds. */
  draw: Address
  tables: Address[]
}

/** Throws where it does not fit. */
export async function specialisationOf({
  program,
  sizes,
  checkpointed,
  shared,
}: {
  /** Folded */
  program: Program
  sizes: Sizes
  checkpointed?: (() => Promise<Program>) | undefined
  shared: Shared
}): Promise<Specialisation> {
  const { device, copies, arena, planOf } = shared
  const plan = planOf(program, sizes)
  if (plan.counters > COUNTERS) throw new Error(`A plan wants ${plan.counters} counters`)
  await refuseWhatDoesNotFit({ plan, arena, program, sizes, planOf, checkpointed: checkpointed ?? null })
  arena.addressFor(plan)
  await device.load([...plan.kernels, copies.kernel])
  copies.makeRoom(plan)
  const feeds = device.allocate(plan.feedBytes + 64)
  return {
    sizes,
    plan,
    feeds,
    draw: feeds + BigInt(plan.feedBytes),
    results: device.allocate(plan.resultBytes),
    tables: [],
    bound: null,
  }
}

/** Queues a run; resolves with the bytes of the results. */
export function start(
  { program, made, run }: { program: Program; made: Specialisation; run: Run },
  shared: Shared,
): Promise<Uint8Array> {
  const { plan, sizes, feeds, results } = made
  const { copies, device } = shared
  const recording = recordingOf(made, shared)
  copies.refresh(plan)
  for (const [name, { withCopy }] of plan.written) if (!withCopy) copies.outdate(name)
  return device.submit({
    recording,
    feeds: { to: feeds, bytes: feedBytes(program, plan, run, sizes) },
    results: { from: results, bytes: plan.resultBytes },
  })
}

/** The recording at hand, or another where memory has moved since. */
function recordingOf(made: Specialisation, { device, states, copies, arena, counters, recordings }: Shared): Recording {
  const { plan } = made
  const address = arena.addressFor(plan)
  states.makeRoom(plan.states)
  if (made.bound?.arena === address) return made.bound.recording
  for (const table of made.tables.splice(0)) device.free(table)
  const launches = bindPlan(plan, {
    state: states.addressOf,
    copy: (name) => copies.addressOf(name) ?? 0n,
    feeds: made.feeds,
    results: made.results,
    draw: made.draw,
    arena: address,
    scratch: address + BigInt(plan.arena.bytes),
    counters,
    table: (data) => {
      const table = device.allocate(data.byteLength)
      device.write(table, data)
      made.tables.push(table)
      return table
    },
  })
  const recording = device.record(launches)
  recordings.keep(made, { arena: address, recording })
  return recording
}
