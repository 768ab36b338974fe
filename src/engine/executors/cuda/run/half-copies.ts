import { copyKernel } from '../fixed/to-half.ts'
import type { Kernel } from '../kernel/kernel.ts'
import { BYTES } from '../lower/step.ts'
import { roundUp } from '../plan/arena.ts'
import type { Plan } from '../plan/plan.ts'
import type { Address, Device } from './device.ts'
import type { States } from './states.ts'

/**
 * Copies of states in half precision, which products read. The kernel of AdamW writes a weight and its copy at once; where
 * something else wrote the state, the copy is made anew before it is next read.
 */
export interface HalfCopies {
  /** What makes a copy: to be loaded before `refresh`. */
  kernel: Kernel
  /** Null where a state has no copy. */
  addressOf: (name: string) => Address | null
  /** Room for the copies that a plan reads. */
  makeRoom: (plan: Plan) => void
  /** The state was written without its copy. */
  outdate: (name: string) => void
  /** Makes the copies that a plan reads say what the states say. */
  refresh: (plan: Plan) => void
}

export function halfCopies({
  device,
  states,
  forget,
}: {
  device: Device
  states: States
  forget: (address: Address) => void
}): HalfCopies {
  const copies = new Map<string, { address: Address; isFresh: boolean }>()
  const { kernel, threads, blocks } = copyKernel(device.form)
  const bytesOf = (lengths: readonly number[]) => BYTES.half * lengths.reduce((sum, length) => sum + length, 0)

  /** Lays some copies one behind the other; those that lay alone are given back. */
  const layTogether = (names: readonly string[], lengths: readonly number[]): void => {
    const begins = lengths.map((_, i) => BigInt(bytesOf(lengths.slice(0, i))))
    const known = names.map((name) => copies.get(name)?.address)
    const [first] = known
    if (first !== undefined && known.every((address, i) => address === first + (begins[i] ?? 0n))) return
    for (const address of known) if (address !== undefined) forget(address)
    const block = device.allocate(roundUp(bytesOf(lengths) + 64))
    names.forEach((name, i) => copies.set(name, { address: block + (begins[i] ?? 0n), isFresh: false }))
  }

  return {
    kernel,
    addressOf: (name) => copies.get(name)?.address ?? null,
    makeRoom: (plan) => {
      for (const names of plan.neighbours) {
        layTogether(
          names,
          names.map((name) => plan.copies.get(name) ?? 0),
        )
      }
      for (const [name, length] of plan.copies) {
        if (copies.has(name)) continue
        copies.set(name, { address: device.allocate(roundUp(bytesOf([length]) + 64)), isFresh: false })
      }
    },
    outdate: (name) => {
      const copy = copies.get(name)
      if (copy) copy.isFresh = false
    },
    refresh: (plan) => {
      for (const [name, length] of plan.copies) {
        const copy = copies.get(name)
        if (!copy || copy.isFresh) continue
        device.run([
          {
            kind: 'kernel',
            kernel,
            grid: [blocks(length), 1],
            threads,
            arguments: [
              { value: states.addressOf(name), pointer: true },
              { value: copy.address, pointer: true },
              { value: length, pointer: false },
            ],
          },
        ])
        copy.isFresh = true
      }
    },
  }
}
