import type { Weight } from '../../safetensors.ts'
import type { Program } from '../../tracer/node.ts'
import type { Compiled, Executor, Run } from '../executor.ts'
import { fold } from '../fold.ts'
import type { Precision } from '../precision.ts'
import { bindPlan, type Places } from './run/bind.ts'
import { bucketOf } from './run/buckets.ts'
import type { Address, Device, Recording } from './run/device.ts'
import { feedBytes, resultsOf } from './run/feeds.ts'
import { copyKernel, layCopies } from './run/half-copy.ts'
import { roundUp } from './plan/memory.ts'
import { outOfMemory } from './run/out-of-memory.ts'
import { type Plan, planProgram } from './plan/plan.ts'
import { type Sizes } from './program/specialise.ts'
import { BYTES, count } from './lower/step.ts'

/** A tensor that stays on the device, with its copy in half precision where products read one. */
interface State {
  address: Address
  shape: readonly number[]
  /** Elements that there is room for: a state with an open axis is padded as everything else is. */
  room: number
  copy: Address | null
  /** Whether the copy says what the state says. */
  isFresh: boolean
}

/** A program at sizes of its own, ready to run once it has an arena. */
interface Specialisation {
  sizes: Sizes
  plan: Plan
  feeds: Address
  results: Address
  draw: Address
  tables: Address[]
  /** Bound to one arena; another one wants another recording. */
  bound: { arena: Address; recording: Recording } | null
}

/** One address for everything, for a plan that is recorded and never run. */
function everythingAt(address: Address): Places {
  const here = () => address
  return {
    state: here,
    copy: here,
    table: here,
    feeds: address,
    results: address,
    arena: address,
    scratch: address,
    counters: address,
    draw: address,
  }
}

/** Counters that a plan may use at most; they are zero between launches. */
const COUNTERS = 1 << 18

/**
 * Runs programs as one graph of fused kernels each on a device. Calls may overlap: each returns as soon as its work is
 * queued, and work is done in the order of the calls.
 */
export function cudaExecutor({ device, precision }: { device: Device; precision: Precision }): Executor {
  const states = new Map<string, State>()
  const recordings = new Set<Specialisation>()
  const counters = device.allocate(COUNTERS * 4)
  device.clear(counters, COUNTERS * 4)
  const toHalf = copyKernel(device.form)
  let arena: { address: Address; bytes: number } | null = null
  let queue: Promise<unknown> = Promise.resolve()
  /** Calls that wait for something to be compiled: those after them wait too. */
  let compiling = 0

  const stateOf = (name: string): State => {
    const state = states.get(name)
    if (!state) throw new Error(`There is no state \`${name}\``)
    return state
  }

  /** Frees memory that recordings may speak of: they are made anew when they are next needed. */
  const forget = (address: Address): void => {
    device.free(address)
    for (const { bound } of recordings) bound?.recording.close()
    for (const other of recordings) other.bound = null
  }

  /** Room for a state of this shape, where it was if that is enough; what is in it is not said. */
  const placeFor = (name: string, shape: readonly number[]): State => {
    const known = states.get(name)
    const room = Math.max(known?.room ?? 0, count(shape))
    let address = known?.address
    if (address === undefined || room > (known?.room ?? 0)) {
      if (address !== undefined) forget(address)
      address = device.allocate(roundUp(room * 4 + 64))
    }
    const state = { address, shape, room, copy: known?.copy ?? null, isFresh: false }
    states.set(name, state)
    return state
  }

  /** Gives the states of a plan as much room as it wants: zeros behind what is there. */
  const makeRoom = ({ states: wanted }: Plan): void => {
    for (const [name, elements] of wanted) {
      const state = stateOf(name)
      if (state.room >= elements) continue
      const address = device.allocate(roundUp(elements * 4 + 64))
      device.clear(address, elements * 4)
      device.copy(state.address, address, state.room * 4)
      forget(state.address)
      state.address = address
      state.room = elements
    }
  }

  /** Memory for a plan's intermediate results, shared by all that run; the largest so far stays. */
  const arenaFor = (plan: Plan): Address => {
    const bytes = arenaBytes(plan)
    if (arena && arena.bytes >= bytes) return arena.address
    if (arena) forget(arena.address)
    arena = { address: device.allocate(bytes), bytes }
    return arena.address
  }
  /** Null where there is memory enough for a plan. */
  const lackOf = (plan: Plan): { needed: number; free: number; total: number } | null => {
    const needed = arenaBytes(plan)
    if (arena && arena.bytes >= needed) return null
    const { free, total } = device.memory()
    const mine = arena?.bytes ?? 0
    return needed > free + mine ? { needed, free: free + mine, total } : null
  }
  const fitsInto = (free: number, program: Program, sizes: Sizes): boolean =>
    arenaBytes(planProgram({ program, sizes, precision, form: device.form })) <= free
  /** The most rows, halving, whose plan needs no more memory than there is. */
  const fitting = (program: Program, sizes: Sizes, free: number): number | null => {
    for (let batch = Math.floor((sizes.batch ?? 1) / 2); batch >= 1; batch = Math.floor(batch / 2)) {
      if (fitsInto(free, program, { ...sizes, batch })) return batch
    }
    return null
  }

  const specialise = async (
    program: Program,
    sizes: Sizes,
    checkpointed?: () => Promise<Program>,
  ): Promise<Specialisation> => {
    const plan = planProgram({ program, sizes, precision, form: device.form })
    if (plan.counters > COUNTERS) throw new Error(`A plan wants ${plan.counters} counters`)
    const lack = lackOf(plan)
    if (lack) {
      throw outOfMemory({
        ...lack,
        fits: fitting(program, sizes, lack.free),
        checkpointed: checkpointed !== undefined && fitsInto(lack.free, fold(await checkpointed()), sizes),
      })
    }
    arenaFor(plan)
    await device.load([...plan.kernels, toHalf.kernel])
    for (const names of plan.neighbours) {
      layCopies({
        states: names.map(stateOf),
        lengths: names.map((name) => plan.copies.get(name) ?? 0),
        device,
        forget,
      })
    }
    for (const [name, length] of plan.copies) {
      const state = stateOf(name)
      state.copy ??= device.allocate(roundUp(length * BYTES.half + 64))
    }
    const feeds = device.allocate(plan.feedBytes + 64)
    // The last word of the feeds is what dropout draws from.
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

  const record = (made: Specialisation): Recording => {
    const address = arenaFor(made.plan)
    makeRoom(made.plan)
    if (made.bound?.arena === address) return made.bound.recording
    for (const table of made.tables.splice(0)) device.free(table)
    const launches = bindPlan(made.plan, {
      state: (name) => stateOf(name).address,
      copy: (name) => stateOf(name).copy ?? 0n,
      feeds: made.feeds,
      results: made.results,
      draw: made.draw,
      arena: address,
      scratch: address + BigInt(made.plan.arena.bytes),
      counters,
      table: (data) => {
        const table = device.allocate(data.byteLength)
        device.write(table, data)
        made.tables.push(table)
        return table
      },
    })
    const recording = device.record(launches)
    made.bound = { arena: address, recording }
    recordings.add(made)
    return recording
  }

  /** Copies in half precision that a plan reads, made anew where the state was written without its copy. */
  const refresh = ({ plan }: Specialisation): void => {
    for (const [name, length] of plan.copies) {
      const state = stateOf(name)
      if (state.isFresh || state.copy === null) continue
      device.run([
        {
          kind: 'kernel',
          kernel: toHalf.kernel,
          grid: [toHalf.blocks(length), 1],
          threads: toHalf.threads,
          arguments: [
            { value: state.address, pointer: true },
            { value: state.copy, pointer: true },
            { value: length, pointer: false },
          ],
        },
      ])
      state.isFresh = true
    }
  }

  return {
    name: 'cuda',
    memoryBytes: device.memory().total,
    ...(device.counts && { kernels: device.counts }),
    ahead: 8,
    copies: true,
    scalesLoss: precision === 'fp16',
    device: device.name,
    versions: { ...device.versions, precision },
    put: (tensors) => {
      for (const [name, { shape, data }] of tensors) {
        const { address, room } = placeFor(name, shape)
        if (room > data.length) device.clear(address, room * 4)
        device.write(address, data)
      }
    },
    clear: (name, shape) => {
      const { address, room } = placeFor(name, shape)
      device.clear(address, room * 4)
    },
    read: async (names, into) => {
      const result = new Map<string, Weight>()
      for (const name of names) {
        const { address, shape } = stateOf(name)
        const given = into?.get(name)?.data
        const data = given?.length === count(shape) ? given : new Float32Array(count(shape))
        await device.read(address, data)
        result.set(name, { shape, data })
      }
      return result
    },
    compile: (program) => {
      const folded = fold(program)
      const made = new Map<string, Specialisation>()
      const start = (specialisation: Specialisation, run: Run): Promise<Uint8Array> => {
        const recording = record(specialisation)
        refresh(specialisation)
        for (const [name, { withCopy }] of specialisation.plan.written) stateOf(name).isFresh &&= withCopy
        return device.submit({
          recording,
          feeds: {
            to: specialisation.feeds,
            bytes: feedBytes(program, specialisation.plan, run, specialisation.sizes),
          },
          results: { from: specialisation.results, bytes: specialisation.plan.resultBytes },
        })
      }
      const ready = async (sizes: Sizes, checkpointed?: () => Promise<Program>): Promise<Specialisation> => {
        const key = JSON.stringify(sizes)
        const specialisation = made.get(key) ?? (await specialise(folded, sizes, checkpointed))
        made.set(key, specialisation)
        return specialisation
      }
      const compiled: Compiled = async (run) => {
        const sizes = bucketOf(
          run.sizes,
          [...made.values()].map((each) => each.sizes.batch ?? 0),
        )
        const key = JSON.stringify(sizes)
        const known = made.get(key)
        // What is ready starts before this returns, so that a caller who does not wait keeps the device busy.
        if (known && compiling === 0) return resultsOf(program, known.plan, await start(known, run), run.sizes)
        compiling++
        const started = queue.then(async () => {
          const specialisation = await ready(sizes)
          return { specialisation, done: start(specialisation, run) }
        })
        queue = started.catch(() => undefined)
        const { specialisation, done } = await started.finally(() => compiling--)
        return resultsOf(program, specialisation.plan, await done, run.sizes)
      }
      compiled.reserve = async (sizes, checkpointed) => {
        compiling++
        const reserved = queue.then(() => ready(bucketOf(sizes, []), checkpointed))
        queue = reserved.catch(() => undefined)
        await reserved.finally(() => compiling--)
      }
      return Promise.resolve(compiled)
    },
    foresee: async (program, open) => {
      const makeReady = async () => {
        const plan = planProgram({ program: fold(program), sizes: bucketOf(open, []), precision, form: device.form })
        await device.load([...plan.kernels, toHalf.kernel])
        // Recorded and forgotten, wherever its memory will lie: cuBLASLt then has chosen its algorithms and loaded them.
        // Not what is cleared: a graph that sets memory of nobody is refused.
        const launches = bindPlan(plan, everythingAt(counters)).filter(({ kind }) => kind !== 'clear')
        device.record(launches).close()
      }
      const ready = queue.then(makeReady)
      queue = ready.catch(() => undefined)
      await ready
    },
    close: async () => {
      await queue
      for (const { bound } of recordings) bound?.recording.close()
      recordings.clear()
      await device.close()
    },
  }
}

/** What a plan takes of the device besides states, feeds and results. */
function arenaBytes({ arena, scratchBytes }: Plan): number {
  return arena.bytes + roundUp(scratchBytes + 64)
}
