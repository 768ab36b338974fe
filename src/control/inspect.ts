import type { Inspection } from '../engine/data/inspect.ts'
import type { Arguments } from '../run/arguments.ts'
import type { Context } from './context.ts'
import { askKept } from './kept-side.ts'

export interface ToInspect {
  dataset: string
  args: Arguments
  datasets_folder: string
  cache_folder: string
}

const ANSWER_MS = 120_000

/**
 * What can be said of a dataset before a run reads it, found in a process of its own. Throws UserError when it cannot be
 * used; aborting `signal` takes the question back.
 */
export async function inspect(
  context: Context,
  { dataset, args, signal }: { dataset: string; args: Arguments; signal: AbortSignal },
): Promise<Inspection> {
  const { datasetsFolder, cacheFolder } = context.config
  const question: ToInspect = { dataset, args, datasets_folder: datasetsFolder, cache_folder: cacheFolder }
  return await askKept(context, { file: 'inspect-process.ts', args: [], answerMs: ANSWER_MS }, question, signal)
}
