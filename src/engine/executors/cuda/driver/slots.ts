import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { ask, bytesAt } from './calls.ts'
import type { Driver } from './libcuda.ts'

const EVENT_NO_TIMING = 2
/** How long the end of a run is waited for without sleeping. */
const SPIN_MS = 25

/** Page-locked memory that a run reads its feeds from and leaves its results in, and an event that says when it has ended. */
export interface Slot {
  address: bigint
  bytes: Uint8Array
  event: bigint
}

/** Slots of runs: as many as there are runs at once, each used again and again. */
export function runSlots(driver: Driver) {
  const idle: Slot[] = []
  let before: Promise<unknown> = Promise.resolve()
  return {
    take: (bytes: number): Slot => {
      const found = idle.findIndex((slot) => slot.bytes.length >= bytes)
      const [slot] = found < 0 ? [] : idle.splice(found, 1)
      if (slot) return slot
      const address = ask((to) => driver.allocateHost(to, bytes, 0))
      return { address, bytes: bytesAt(address, bytes), event: ask((to) => driver.createEvent(to, EVENT_NO_TIMING)) }
    },
    giveBack: (slot: Slot): void => void idle.push(slot),
    /**
     * Resolves at the event. Looks again and again without keeping the process from its other work; a long step is looked
     * at every millisecond. Runs end in order, so only the oldest is looked at.
     */
    ended: ({ event }: Slot): Promise<void> => {
      const previous = before
      const own = (async () => {
        await previous.catch(() => undefined)
        const from = performance.now()
        while (!driver.isDone(event)) {
          if (performance.now() - from > SPIN_MS) await sleep(1)
          else await nextTurn()
        }
      })()
      before = own
      return own
    },
  }
}
