import { findRun, type Run } from '../../storage/runs.ts'
import { UserError } from '../user-error.ts'
import type { Context } from './context.ts'

/** The run of that number. Throws UserError when there is none. */
export function askedRun(context: Context, id: number): Run {
  const run = findRun(context.database, id)
  if (!run) throw new UserError(`There is no run #${id}.`, '`/finetune list` shows the runs of this server.')
  return run
}
