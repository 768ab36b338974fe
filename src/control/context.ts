import type { EventEmitter } from 'node:events'
import type { Logger } from 'pino'
import type { Database } from '../../storage/database.ts'
import type { Config } from '../config.ts'
import type { Host } from '../hosts/host.ts'

/** What the functions of this folder need of the process they work in. */
export interface Context {
  readonly config: Config
  readonly database: Database
  readonly host: Host
  readonly log: Logger
  /** Says `run` with a run's number whenever its record has changed. What to show is read from the record. */
  readonly changes: EventEmitter<{ run: [id: number] }>
  /** Aborts when the process is asked to go; everything that can outlive a call listens to it. */
  readonly signal: AbortSignal
}
