import type { Inspection } from '../engine/data/inspect.ts'
import type { Arguments } from '../run/arguments.ts'
import type { Context } from './context.ts'
import { startSide } from './side-process.ts'

export interface ToInspect {
  dataset: string
  args: Arguments
  datasets_folder: string
  cache_folder: string
}

const ANSWER_MS = 120_000

/**
 * What can be said of a dataset before a run reads it, found in a process of its own. Throws UserError when it cannot be
 * used; aborting `signal` ends the process.
 */
export async function inspect(
  context: Context,
  { dataset, args, signal }: { dataset: string; args: Arguments; signal: AbortSignal },
): Promise<Inspection> {
  const side = await startSide<ToInspect, Inspection>(context, {
    file: 'inspect-process.ts',
    args: [],
    answerMs: ANSWER_MS,
  })
  signal.addEventListener('abort', side.close)
  try {
    signal.throwIfAborted()
    const { datasetsFolder, cacheFolder } = context.config
    return await side.ask({ dataset, args, datasets_folder: datasetsFolder, cache_folder: cacheFolder })
  } finally {
    signal.removeEventListener('abort', side.close)
    side.close()
  }
}
