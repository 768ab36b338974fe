import type { Address, Device, Recording } from './device.ts'

/** Something that is recorded where its memory lies: with an arena elsewhere it wants another recording. */
export interface Recorded {
  bound: { arena: Address; recording: Recording } | null
}

/** What has a recording. A recording speaks of addresses, so none outlives the memory that it speaks of. */
export interface Recordings {
  keep: (made: Recorded, bound: NonNullable<Recorded['bound']>) => void
  /** Frees memory that recordings may speak of: all are made anew when they are next needed. Which do is not kept. */
  forget: (address: Address) => void
  close: () => void
}

export function recordingsOn(device: Device): Recordings {
  const all = new Set<Recorded>()
  const closeAll = () => all.forEach(({ bound }) => bound?.recording.close())
  return {
    keep: (made, bound) => {
      made.bound = bound
      all.add(made)
    },
    forget: (address) => {
      device.free(address)
      closeAll()
      for (const each of all) each.bound = null
    },
    close: () => {
      closeAll()
      all.clear()
    },
  }
}
