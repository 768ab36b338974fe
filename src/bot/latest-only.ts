import { setTimeout as sleep } from 'node:timers/promises'

export interface LatestOnly<T> {
  /** Replaces what is waiting to be written. `urgent` shortens the wait: a state that a person waits for. */
  push: (value: T, options?: { urgent?: boolean }) => void
  /** Resolves when everything that was pushed is written, at once and without waiting for the gap. */
  flush: () => Promise<void>
}

const URGENT_WAIT_MS = 400

/**
 * One writer a message: the newest state wins, what was overtaken is never sent, and the last state always lands.
 * Edits that queue up would be at step 25 when the run is at step 60 (five edits in five seconds is what Discord gives).
 *
 * `write` is never called twice at the same time, nor sooner than `gap()` after the last time, nor with a value equal
 * to the last one. When it throws, `onError` decides: true keeps the value for another try after `gap()`.
 */
export function latestOnly<T>({
  write,
  gap,
  same,
  onError,
  signal,
}: {
  write: (value: T) => Promise<unknown>
  /** Milliseconds. */
  gap: () => number
  same: (a: T, b: T) => boolean
  onError: (error: unknown) => boolean
  signal: AbortSignal
}): LatestOnly<T> {
  let next: { value: T } | null = null
  let written: { value: T } | null = null
  let openAt = 0
  let pump: Promise<void> | null = null
  let hurry = new AbortController()

  async function drain(): Promise<void> {
    while (next !== null) {
      await wait()
      const taken: { value: T } = next
      next = null
      if (written !== null && same(written.value, taken.value)) continue
      try {
        await write(taken.value)
        written = taken
      } catch (error) {
        if (onError(error) && !signal.aborted) next ??= taken
      }
      openAt = Date.now() + gap()
    }
  }

  async function wait(): Promise<void> {
    while (!signal.aborted) {
      const left = openAt - Date.now()
      if (left <= 0) return
      hurry = new AbortController()
      await sleep(left, undefined, { signal: AbortSignal.any([hurry.signal, signal]), ref: false }).catch(() => null)
    }
  }

  function openSoon(ms: number): void {
    openAt = Math.min(openAt, Date.now() + ms)
    hurry.abort()
  }

  function start(): void {
    pump ??= drain().finally(() => {
      pump = null
      if (next !== null) start()
    })
  }

  return {
    push: (value, { urgent = false } = {}) => {
      next = { value }
      if (urgent) openSoon(URGENT_WAIT_MS)
      start()
    },
    flush: async () => {
      openSoon(0)
      await pump
    },
  }
}
