import type { Logger } from 'pino'
import type { Database } from '../../storage/database.ts'
import type { Run } from '../../storage/runs.ts'
import type { Config } from '../config.ts'
import type { Inspection } from '../engine/data/inspect.ts'
import type { Dataset } from '../hub/dataset.ts'
import type { Model } from '../hub/model.ts'
import type { RemoteFile, RepositoryType } from '../hub/repository.ts'
import type { Arguments } from '../run/arguments.ts'
import type { Finding, Offer } from '../run/finding.ts'
import { writeValue } from '../run/spec.ts'

export type { Inspection }

/** What the Hub says about names; everything throws UserError. */
export interface AskHub {
  model: (name: string, revision?: string) => Promise<Model>
  config: (model: Model) => Promise<{ max_position_embeddings?: number | undefined }>
  dataset: (name: string, revision?: string) => Promise<Dataset>
  /** How many bytes of these files are on this machine. */
  cached: (of: { type: RepositoryType; name: string; files: readonly RemoteFile[] }) => Promise<number>
}

/** What a check may look at. */
export interface Subject {
  run: Run
  database: Database
  config: Config
  log: Logger
  signal: AbortSignal
  hub: AskHub
  /** The dataset as it was found, looked into once for all checks; null when it cannot be used. */
  inspection: Promise<Inspection | null>
  /** The same, with the reason why it cannot be used. */
  inspected: Promise<Inspection>
}

/** One thing that can be known before a run starts. */
export interface Check {
  name: string
  /** Null when there is nothing to say. May throw UserError: that is a failed finding. */
  look: (subject: Subject) => Promise<Omit<Finding, 'check'> | null>
}

export const ok = (text: string): Omit<Finding, 'check'> => ({ outcome: 'ok', text, remedy: null })

export const warning = (
  text: string,
  remedy: string | null = null,
  offers: readonly Offer[] = [],
): Omit<Finding, 'check'> => ({ outcome: 'warning', text, remedy, ...(offers.length > 0 ? { offers } : {}) })

export const failed = (
  text: string,
  remedy: string | null = null,
  offers: readonly Offer[] = [],
): Omit<Finding, 'check'> => ({ outcome: 'failed', text, remedy, ...(offers.length > 0 ? { offers } : {}) })

/** A button that sets one argument, named on it. */
export function offer(change: Partial<Arguments>): Offer {
  const parts = Object.entries(change).map(([name, value]) => `${name} ${writeValue(value)}`)
  return { label: `Take ${parts.join(', ')}`, change }
}
