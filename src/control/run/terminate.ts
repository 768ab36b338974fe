import { noteChange } from '../../../storage/changes.ts'
import { announce, type Context, timingOf } from '../context.ts'
import { pause } from '../tasks.ts'

/** SIGTERM to all of the engine's processes, SIGKILL when they live on after the grace period; each in the record. */
export async function terminate(
  context: Context,
  { id, folder, actor }: { id: number; folder: string; actor: string },
): Promise<void> {
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!(await lives(context, folder))) return
    noteChange(context.database, { id, actor, reason: `sent ${signal}` })
    announce(context, id)
    await context.host.signal({ folder, signal })
    await gone(context, folder, timingOf(context).grace)
    if (context.signal.aborted) return
  }
}

/** Ends an engine that said its last word and does not leave. */
export async function seeOut(context: Context, { id, folder }: { id: number; folder: string }): Promise<void> {
  await gone(context, folder, timingOf(context).leave)
  if (context.signal.aborted || !(await lives(context, folder))) return
  context.log.warn({ run: id }, 'an engine does not leave after its last word')
  await terminate(context, { id, folder, actor: 'bot' })
}

async function lives({ host }: Context, folder: string): Promise<boolean> {
  return (await host.fate({ folder })).is === 'running'
}

/** Waits until nothing of the engine lives, at most `milliseconds`. */
async function gone(context: Context, folder: string, milliseconds: number): Promise<void> {
  const until = Date.now() + milliseconds
  for (let wait = 50; Date.now() < until && !context.signal.aborted; wait = Math.min(wait * 2, 1_000)) {
    if (!(await lives(context, folder))) return
    await pause(Math.min(wait, until - Date.now()), context.signal)
  }
}
