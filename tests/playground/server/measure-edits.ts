import { setTimeout as sleep } from 'node:timers/promises'
import type { Playground } from '../../../src/playground/server/playground.ts'

export interface EditMeasurement {
  /** Edits of the message that were carried out. */
  edits: number
  /** Requests that were answered with 429. */
  limited: number
  /** From the last event until the last state was on the screen, ms. */
  lagMs: number
}

/**
 * Feeds progress events to something that edits a message, as fast as a run would, and counts what reaches Discord.
 * The bar: 60 events in 6 s, at most 6 edits, the last state on the screen within a second.
 */
export async function measureEdits({
  playground,
  message,
  events = 60,
  everyMs = 100,
  push,
  shows,
}: {
  playground: Playground
  /** Id of the message that is edited. */
  message: string
  events?: number
  everyMs?: number
  /** Takes event 1 to `events`. */
  push: (event: number) => unknown
  /** Whether the screen shows this event. */
  shows: (screen: string, event: number) => boolean
}): Promise<EditMeasurement> {
  const before = playground.log.edits(message).length
  const limitedBefore = playground.log.requests.filter(({ status }) => status === 429).length
  for (let event = 1; event <= events; event += 1) {
    await sleep(everyMs)
    push(event)
  }
  const last = performance.now()
  await playground.as('root').waitFor((screen) => shows(screen, events), { timeout: 30_000 })
  const lagMs = performance.now() - last
  // A request is logged once it is answered, a moment after people see what it did; an edit too many would come now.
  await sleep(200)
  return {
    edits: playground.log.edits(message).length - before,
    limited: playground.log.requests.filter(({ status }) => status === 429).length - limitedBefore,
    lagMs,
  }
}
