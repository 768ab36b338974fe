import type { Events } from './events.ts'
import { gpuSampler, type GpuSampler } from './gpu-samples/sampler.ts'

const EVERY_SECONDS = 2
const LEAST_PROMISE = 15

/** Tells every two seconds that the engine lives, how fast it is and how much memory it holds. Driven by the loop's own turns. */
export function startHeartbeat({
  events,
  sampleGpu = samplerFor(events),
  now = performance.now.bind(performance),
}: {
  events: Events
  sampleGpu?: GpuSampler
  now?: () => number
}) {
  let last = now()
  let turn = now()
  let longest = 0
  let rows = 0
  /** The update that was last told of; null where something else has come between. */
  let updated: number | null = null
  let updates = { count: 0, ms: 0 }
  const beat = (step: number, seconds: number) => {
    const gpu = sampleGpu()
    events.emit({
      type: 'heartbeat',
      step,
      expect_next_in: Math.ceil(Math.max(LEAST_PROMISE, 4 * longest)),
      ...(rows > 0 && seconds > 0 && { samples_per_second: Number((rows / seconds).toFixed(2)) }),
      ...(updates.count > 0 && { step_ms: Number((updates.ms / updates.count).toPrecision(4)) }),
      memory_bytes: process.memoryUsage.rss(),
      ...(gpu && { gpu }),
    })
    last = now()
    rows = 0
    updates = { count: 0, ms: 0 }
  }
  return {
    /** After each batch: how many rows it had, and whether an update was made of it. */
    turn: (step: number, batchRows: number, isUpdate = true) => {
      rows += batchRows
      const ms = now() - turn
      longest = Math.max(longest, ms / 1000)
      if (isUpdate && updated === step - 1) updates = { count: updates.count + 1, ms: updates.ms + ms }
      updated = isUpdate ? step : null
      turn = now()
      const seconds = (turn - last) / 1000
      if (seconds >= EVERY_SECONDS) beat(step, seconds)
    },
    /** Before something that takes a while without turns, such as writing a large checkpoint. */
    now: (step: number) => {
      beat(step, (now() - last) / 1000)
      updated = null
    },
  }
}

/** A run on the CPU says nothing of a card that it does not use. */
function samplerFor(events: Events): GpuSampler {
  return events.view().executor?.name === 'cuda' ? gpuSampler() : () => null
}
