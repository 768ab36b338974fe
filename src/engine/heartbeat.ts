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
  const beat = (step: number, seconds: number) => {
    const gpu = sampleGpu()
    events.emit({
      type: 'heartbeat',
      step,
      expect_next_in: Math.ceil(Math.max(LEAST_PROMISE, 4 * longest)),
      ...(rows > 0 && seconds > 0 && { samples_per_second: Number((rows / seconds).toFixed(2)) }),
      memory_bytes: process.memoryUsage.rss(),
      ...(gpu && { gpu }),
    })
    last = now()
    rows = 0
  }
  return {
    /** After each batch: how many rows it had. */
    turn: (step: number, batchRows: number) => {
      rows += batchRows
      longest = Math.max(longest, (now() - turn) / 1000)
      turn = now()
      const seconds = (turn - last) / 1000
      if (seconds >= EVERY_SECONDS) beat(step, seconds)
    },
    /** Before something that takes a while without turns, such as writing a large checkpoint. */
    now: (step: number) => beat(step, (now() - last) / 1000),
  }
}

/** A run on the CPU says nothing of a card that it does not use. */
function samplerFor(events: Events): GpuSampler {
  return events.view().executor?.name === 'cuda' ? gpuSampler() : () => null
}
