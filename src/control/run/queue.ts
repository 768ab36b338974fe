import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { transition } from '../../../storage/moves.ts'
import { getRun, listLive, listQueue, type Run } from '../../../storage/runs.ts'
import { announce, type Context } from '../context.ts'
import { followRun } from '../follow/follow.ts'
import { once } from '../tasks.ts'
import { startEngine } from './start.ts'

const turns = new WeakMap<Context, Promise<void>>()

/**
 * Starts the runs that wait while fewer than `config.maxRuns` are live, one after the other. Resolves when each has
 * been asked to start or has failed to; a call during another is served after it.
 */
export async function startQueued(context: Context): Promise<void> {
  const turn = (turns.get(context) ?? Promise.resolve()).then(async () => {
    for (let run = claimNext(context); run && !context.signal.aborted; run = claimNext(context)) {
      announce(context, run.id)
      await startInPlace(context, run)
    }
  })
  turns.set(
    context,
    turn.catch(() => undefined),
  )
  await turn
}

/** Starts the engine of a run that has a place, and follows it. Safe to repeat. */
export async function startInPlace(context: Context, run: Run): Promise<void> {
  await startEngine(context, run)
  followInPlace(context, run.id)
}

/** Follows a live run to its end; the place that it leaves is the next one's. */
export function followInPlace(context: Context, id: number): void {
  void once(context, `place of #${id}`, async () => {
    await followRun(context, id)
    await startQueued(context)
  })
}

/** Where a run stands in the queue, the next one being 1; null when it does not wait. */
export function queuePosition(context: Context, id: number): number | null {
  const index = listQueue(context.database).findIndex((run) => run.id === id)
  return index === -1 ? null : index + 1
}

/** Gives the next run a place and its launch id, in one transaction: the record is there before the host is asked. */
function claimNext(context: Context): Run | null {
  const { database, config, signal } = context
  if (signal.aborted) return null
  return database
    .transaction(() => {
      const next = listQueue(database)[0]
      if (!next || listLive(database).length >= config.maxRuns) return null
      const launch = randomUUID()
      // The launch in the name: a folder is never met again, not even by another record with the same numbers.
      const folder = join(config.runsFolder, `${next.id}-${launch.slice(0, 8)}`)
      transition(database, { id: next.id, from: 'queued', to: 'preparing', actor: 'bot', set: { launch, folder } })
      return getRun(database, next.id)
    })
    .immediate()
}
