import { transition } from '../../../storage/moves.ts'
import { getRun } from '../../../storage/runs.ts'
import { UserError } from '../../user-error.ts'
import { announce, type Context } from '../context.ts'
import { askedRun } from '../find.ts'
import { startQueued } from './queue.ts'

export type Launched = 'launched' | 'queued' | 'already'

/**
 * Confirms a draft: it waits in the queue, and starts when there is a place. Whoever confirms a second time starts
 * nothing and is told `already`. Throws UserError when the draft was discarded.
 */
export async function launchRun(context: Context, { id, actor }: { id: number; actor: string }): Promise<Launched> {
  if (askedRun(context, id).state === 'discarded') {
    throw new UserError(`Draft #${id} was discarded.`, 'Make a new one with `/finetune start`.')
  }
  if (!transition(context.database, { id, from: 'draft', to: 'queued', actor })) return 'already'
  announce(context, id)
  await startQueued(context)
  return getRun(context.database, id).state === 'queued' ? 'queued' : 'launched'
}
