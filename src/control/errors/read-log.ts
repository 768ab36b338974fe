import type { Run } from '../../../storage/runs.ts'
import { redact } from '../../diagnosis/redact.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import type { Context } from '../context.ts'

const LOG_BYTES = 64 * 1024

/** The end of what the engine printed, without secrets; empty when it printed nothing. */
export async function readLog({ host }: Pick<Context, 'host'>, { folder }: Pick<Run, 'folder'>): Promise<string> {
  if (folder === null) return ''
  return redact(await host.tail({ folder, file: RUN_FOLDER.log, bytes: LOG_BYTES }))
}
