import type { State } from './state.ts'

/** Looks after every change until `look` gives something; null once the time is up. */
export function eventually<T>(
  state: State,
  look: () => T | null,
  timeoutMs: number,
  also?: Promise<unknown>,
): Promise<T | null> {
  return new Promise((resolve, reject) => {
    const done = (value: T | null) => {
      clearTimeout(timer)
      state.changes.off('change', check)
      state.signal.removeEventListener('abort', giveUp)
      resolve(value)
    }
    const giveUp = () => done(null)
    const check = () => {
      try {
        const value = look()
        if (value !== null) done(value)
      } catch (error) {
        giveUp()
        reject(error instanceof Error ? error : new Error(String(error)))
      }
    }
    const timer = setTimeout(giveUp, timeoutMs)
    state.changes.on('change', check)
    state.signal.addEventListener('abort', giveUp)
    void also?.then(check, check)
    check()
  })
}
