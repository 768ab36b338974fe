import { RateLimitError } from 'discord.js'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayPass } from './failures.ts'

const FIRST_PAUSE_MS = 500
const LONGEST_PAUSE_MS = 30_000

/**
 * Asks again, with growing pauses, while Discord is away or busy. Anything else that goes wrong is thrown at once.
 * Ends with the last error when `signal` aborts.
 */
export async function patiently<T>(
  request: () => Promise<T>,
  { signal, tries = 12 }: { signal: AbortSignal; tries?: number },
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await request()
    } catch (error) {
      if (attempt >= tries || signal.aborted || !mayPass(error)) throw error
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1))
      const asked = error instanceof RateLimitError ? error.retryAfter : 0
      await sleep(Math.max(pause * (0.75 + Math.random() / 2), asked), undefined, { signal, ref: false }).catch(() => {
        throw error
      })
    }
  }
}
