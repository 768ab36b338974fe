import { setTimeout as sleepFor } from 'node:timers/promises'
import { HubError, type HubFailure } from './failure.ts'

/** How long is waited, and how often. Milliseconds. */
export interface Patience {
  /** Tries in a row without any success between them. */
  attempts: number
  /** The first back-off; each further one may be twice as long. */
  base: number
  /** The longest back-off, and the longest Retry-After that is waited for. */
  longest: number
}

export const PATIENT: Patience = { attempts: 6, base: 500, longest: 60_000 }
/** For a person who waits for an answer. */
export const QUICK: Patience = { attempts: 2, base: 200, longest: 1_000 }

/**
 * Milliseconds to wait before another try, or null when no wait mends it: only what passes by itself is tried again
 * (429, 5xx, a cut or refused connection), never a wrong name, a missing right or a full disk.
 */
export function waitBefore({
  failure,
  tried,
  patience,
  random = Math.random,
}: {
  failure: HubFailure
  /** Tries so far, from 1. */
  tried: number
  patience: Patience
  random?: () => number
}): number | null {
  if (tried >= patience.attempts) return null
  const backOff = Math.min(patience.longest, patience.base * 2 ** (tried - 1))
  // Half of it always, the other half by chance: clients that failed together do not come back together.
  const jittered = backOff * (0.5 + 0.5 * random())
  switch (failure.is) {
    case 'rate-limited':
    case 'unavailable': {
      if (failure.retryAfter === null) return jittered
      const asked = failure.retryAfter * 1000
      return asked > patience.longest ? null : asked + random() * Math.min(1_000, patience.base)
    }
    case 'unreachable':
      return failure.transient ? jittered : null
    case 'cut':
      return jittered
    case 'unauthorized':
    case 'forbidden':
    case 'gated':
    case 'missing':
    case 'no-revision':
    case 'no-file':
    case 'disabled':
    case 'offline':
    case 'disk-full':
    case 'corrupt':
    case 'conflict':
    case 'refused':
    case 'not-understood':
      return null
  }
}

/** Calls `attempt` until it succeeds or waiting does not help; then its last error is thrown. */
export async function withRetries<Result>({
  attempt,
  patience = PATIENT,
  signal,
  random = Math.random,
  onWait = () => undefined,
}: {
  attempt: () => Promise<Result>
  patience?: Patience
  signal?: AbortSignal | undefined
  random?: () => number
  onWait?: (failure: HubFailure, milliseconds: number) => void
}): Promise<Result> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt()
    } catch (error) {
      signal?.throwIfAborted()
      if (!(error instanceof HubError)) throw error
      const wait = waitBefore({ failure: error.failure, tried, patience, random })
      if (wait === null) throw error
      onWait(error.failure, wait)
      await pause(wait, signal)
    }
  }
}

/** Waits; rejects when the signal is aborted. Milliseconds. */
export async function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  await sleepFor(milliseconds, undefined, signal ? { signal } : {})
}
