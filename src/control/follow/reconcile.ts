import { listLive, type Run } from '../../../storage/runs.ts'
import type { Context } from '../context.ts'
import { followInPlace, startInPlace, startQueued } from '../run/queue.ts'
import { carryOutStop } from '../run/stop.ts'
import { once } from '../tasks.ts'

/**
 * Brings the world in line with the record, on start and whenever the connection was fresh: live runs are followed
 * again, a run whose engine was never confirmed is started with the launch it has, what was asked to stop is stopped,
 * and the queue goes on. Calling it twice does nothing twice. One run that cannot be helped does not hold up the others.
 */
export async function reconcile(context: Context): Promise<void> {
  await once(context, 'reconcile', async () => {
    for (const run of listLive(context.database)) {
      try {
        await takeUp(context, run)
      } catch (error) {
        context.log.warn({ err: error, run: run.id }, 'a run could not be taken up again')
        followInPlace(context, run.id)
      }
    }
    await startQueued(context)
  })
}

async function takeUp(context: Context, run: Run): Promise<void> {
  if (run.folder === null) throw new Error(`Expected live run #${run.id} to have a folder.`)
  if (run.stop_how !== null) {
    await carryOutStop(context, run.id)
    return
  }
  const { is } = await context.host.fate({ folder: run.folder })
  if (is === 'not-started') await startInPlace(context, run)
  else followInPlace(context, run.id)
}
