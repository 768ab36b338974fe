import type { Events } from './events.ts'
import { exitCode, failureOf } from './failure.ts'

/** Says why the run cannot go on, in the last event and in the log, and gives the exit code. Never throws. */
export function tellFailure(events: Events, error: unknown): number {
  const { exit, ...failure } = failureOf(error)
  process.stderr.write(`${failure.trace}\n`)
  try {
    events.emit({ type: 'failed', step: events.view().step, ...failure })
  } catch (unwritten) {
    process.stderr.write(`The failure could not be written either: ${(unwritten as Error).message}\n`)
  }
  return exitCode(exit)
}
