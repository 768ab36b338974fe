import type { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import type { Database } from '../../storage/database.ts'
import type { Config } from '../config.ts'
import type { Host } from '../hosts/host.ts'
import { TIMING, type Timing } from './timing.ts'

/** What the functions of this folder need of the process they work in. */
export interface Context {
  readonly config: Config
  readonly database: Database
  readonly host: Host
  readonly log: Logger
  /**
   * Says `run` with a run's number whenever its record has changed, `publish` with a publication's. What to show is read
   * from the record.
   */
  readonly changes: EventEmitter<{ run: [id: number]; publish: [id: number] }>
  /** Aborts when the process is asked to go; everything that can outlive a call listens to it. */
  readonly signal: AbortSignal
  /** Where the defaults of TIMING do not fit. */
  readonly timing?: Partial<Timing>
}

export function timingOf(context: Context): Timing {
  return { ...TIMING, ...context.timing }
}

/** Says that a run's record has changed. A listener that throws is logged: it must not end what it listens to. */
export function announce(context: Context, id: number): void {
  try {
    context.changes.emit('run', id)
  } catch (error) {
    context.log.error({ err: error, run: id }, 'a listener failed')
  }
}
