import { roundUp } from '../plan/arena.ts'
import type { Plan } from '../plan/plan.ts'
import type { Address, Device } from './device.ts'

/** What is missing of the memory for a plan, in bytes. */
export interface Lack {
  needed: number
  free: number
  total: number
}

/** Memory for the intermediate results of whatever runs: one piece for all, as large as the largest so far. */
export interface SharedArena {
  /** Where it lies; it moves to where there is room for this plan. */
  addressFor: (plan: Plan) => Address
  /** Null where there is memory enough for a plan. */
  lackOf: (plan: Plan) => Lack | null
}

export function arenaOn({ device, forget }: { device: Device; forget: (address: Address) => void }): SharedArena {
  let arena: { address: Address; bytes: number } | null = null
  return {
    addressFor: (plan) => {
      const bytes = arenaBytes(plan)
      if (arena && arena.bytes >= bytes) return arena.address
      if (arena) forget(arena.address)
      arena = { address: device.allocate(bytes), bytes }
      return arena.address
    },
    lackOf: (plan) => {
      const needed = arenaBytes(plan)
      if (arena && arena.bytes >= needed) return null
      const { free, total } = device.memory()
      const mine = arena?.bytes ?? 0
      return needed > free + mine ? { needed, free: free + mine, total } : null
    },
  }
}

/** What a plan takes of the device besides states, feeds and results. */
export function arenaBytes({ arena, scratchBytes }: Plan): number {
  return arena.bytes + roundUp(scratchBytes + 64)
}
