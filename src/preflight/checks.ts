import type { Logger } from 'pino'
import type { Database } from '../../storage/database.ts'
import type { Run } from '../../storage/runs.ts'
import type { Config } from '../config.ts'
import type { Finding } from '../run/finding.ts'
import type { RunSpec } from '../run/spec.ts'
import { UserError } from '../user-error.ts'
import { argumentsCheck } from './arguments.ts'
import { beforeCheck } from './before.ts'
import { type AskHub, type Check, failed, type Inspection, type Subject, warning } from './check.ts'
import {
  datasetCheck,
  datasetFromHubCheck,
  duplicatesCheck,
  evaluationCheck,
  lengthsCheck,
  rowsCheck,
} from './dataset.ts'
import { memoryCheck } from './memory.ts'
import { modelCheck } from './model.ts'
import { stepsCheck } from './steps.ts'
import { timeCheck } from './time.ts'

/** Every check of a draft, in the order they are started. */
export const CHECKS: readonly Check[] = [
  modelCheck,
  datasetFromHubCheck,
  datasetCheck,
  rowsCheck,
  duplicatesCheck,
  lengthsCheck,
  stepsCheck,
  timeCheck,
  memoryCheck,
  evaluationCheck,
  argumentsCheck,
  beforeCheck,
]

/**
 * Looks at a draft from every side at once and says each finding as it comes. Resolves when all have answered, or
 * `signal` aborts. Never throws: a check that breaks is a warning, and is logged.
 */
export async function runChecks({
  run,
  database,
  config,
  log,
  signal,
  hub,
  inspect,
  onFinding,
}: {
  run: Run
  database: Database
  config: Config
  log: Logger
  signal: AbortSignal
  hub: AskHub
  /** Looks into the dataset; throws UserError when it cannot be used. */
  inspect: (asked: Omit<RunSpec, 'model' | 'model_revision'> & { signal: AbortSignal }) => Promise<Inspection>
  onFinding: (finding: Finding) => void
}): Promise<void> {
  const { dataset, dataset_revision, dataset_config_name, args } = run.spec
  const inspected = inspect({ dataset, dataset_revision, dataset_config_name, args, signal })
  const inspection = inspected.catch(() => null)
  const subject: Subject = { run, database, config, log, signal, hub, inspected, inspection }

  await Promise.all(
    CHECKS.map(async (check) => {
      const finding = await look(check, subject)
      if (finding && !signal.aborted) onFinding({ check: check.name, ...finding })
    }),
  )
}

async function look(check: Check, subject: Subject): Promise<Omit<Finding, 'check'> | null> {
  try {
    return await check.look(subject)
  } catch (error) {
    if (error instanceof UserError) return failed(error.message, error.remedy)
    if (!subject.signal.aborted)
      subject.log.error({ err: error, check: check.name, run: subject.run.id }, 'a check broke')
    return warning(`The check of ${check.name} could not be made`)
  }
}
