import { RunFailure } from './failure.ts'
import type { Stop } from './stop.ts'

/** Milliseconds between two looks. */
const LOOK_EVERY = 250

/**
 * Does `work` before the first step that may take long, such as a download. Its signal aborts when somebody wants the run
 * to stop; since there is nothing to save yet, the run then ends by a RunFailure `stopped-early`.
 */
export async function stoppable<Result>(
  stop: Pick<Stop, 'asked'>,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ended = new AbortController()
  const look = setInterval(() => {
    if (stop.asked()) ended.abort()
  }, LOOK_EVERY)
  try {
    return await work(ended.signal)
  } catch (error) {
    if (!ended.signal.aborted) throw error
    throw new RunFailure({
      code: 'stopped-early',
      exit: 'tempFail',
      message: 'The run was stopped while model and data were brought here: there was nothing to save yet.',
      remedy: 'Run again: a download goes on where it ended.',
    })
  } finally {
    clearInterval(look)
  }
}
