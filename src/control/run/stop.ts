import { askToStop, transition } from '../../../storage/moves.ts'
import { getRun, type StopHow } from '../../../storage/runs.ts'
import { RUN_FOLDER } from '../../run/run-file.ts'
import { isLive, type RunState } from '../../run/state.ts'
import { announce, type Context } from '../context.ts'
import { askedRun } from '../find.ts'
import { followInPlace, startQueued } from './queue.ts'
import { once } from '../tasks.ts'
import { terminate } from './terminate.ts'

export type Stopping =
  /** It waited in the queue, or nothing of it lived any more: it is over. */
  | { is: 'cancelled' }
  /** The engine is asked to save and end; it does so at its next step. */
  | { is: 'asked' }
  /** The engine is told to end at once; it is killed when it does not. */
  | { is: 'ending' }
  /** Somebody asked for this before. */
  | { is: 'asked-before'; by: string }
  /** There is nothing to stop: a draft, or a run that has ended. */
  | { is: 'not-running'; state: RunState }

/** Stops a run and answers what was done. Each step is in the record, with who asked for it. */
export async function stopRun(
  context: Context,
  { id, actor, how }: { id: number; actor: string; how: StopHow },
): Promise<Stopping> {
  const { database } = context
  askedRun(context, id)
  const ending = { is: 'cancelled', by: actor } as const
  if (transition(database, { id, from: 'queued', to: 'cancelled', actor, set: { ending } })) {
    announce(context, id)
    return { is: 'cancelled' }
  }
  const asked = askToStop(database, { id, actor, how })
  const run = getRun(database, id)
  if (!isLive(run.state)) return { is: 'not-running', state: run.state }
  if (!asked) return { is: 'asked-before', by: run.stop_by ?? actor }
  announce(context, id)
  return await carryOutStop(context, id)
}

/** Does what the record says was asked of a live run; safe to repeat after a restart. */
export async function carryOutStop(context: Context, id: number): Promise<Stopping> {
  const { host, database } = context
  const { state, folder, stop_by, stop_how } = getRun(database, id)
  if (!isLive(state) || folder === null || stop_by === null) return { is: 'not-running', state }
  const lives = (await host.fate({ folder })).is
  if (lives === 'not-started' || lives === 'vanished') {
    // A start that is under way at this moment looks at the record again when it is through.
    const ending = { is: 'cancelled', by: stop_by } as const
    transition(database, { id, from: state, to: 'cancelled', actor: stop_by, set: { ending } })
    announce(context, id)
    void once(context, `queue after #${id}`, () => startQueued(context))
    return { is: 'cancelled' }
  }
  followInPlace(context, id)
  if (stop_how === 'save') {
    await host.write({ folder, file: RUN_FOLDER.stop, content: `${JSON.stringify({ by: stop_by })}\n` })
    return { is: 'asked' }
  }
  void once(context, `terminate #${id}`, () => terminate(context, { id, folder, actor: stop_by }))
  return { is: 'ending' }
}
