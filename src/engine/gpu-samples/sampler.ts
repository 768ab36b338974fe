import type { GpuSample } from '../../run/events.ts'
import { type Card, openCard } from './nvml.ts'

/** Least time between two samples: NVML says means over a fraction of a second anyway. */
const EVERY_MS = 1000

/** How the card of this process does, at most a second old; null where it cannot be asked. */
export type GpuSampler = () => GpuSample | null

/** A sampler that opens nothing before it is asked, and never throws: no run fails of it. */
export function gpuSampler({
  open = openCard,
  now = performance.now.bind(performance),
}: { open?: () => Card; now?: () => number } = {}): GpuSampler {
  let card: Card | null = null
  let isMissing = false
  let last: { at: number; sample: GpuSample | null } | null = null

  const ask = (): GpuSample | null => {
    if (isMissing) return null
    try {
      card ??= open()
      return card()
    } catch {
      // No NVML, as in many containers, or a card that does not answer: what matters to the run, its executor says.
      isMissing = true
      return null
    }
  }
  return () => {
    if (last === null || now() - last.at >= EVERY_MS) last = { at: now(), sample: ask() }
    return last.sample
  }
}
