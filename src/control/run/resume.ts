import { join } from 'node:path'
import { readView } from '../../../storage/events.ts'
import { noteChange } from '../../../storage/changes.ts'
import { createDraft, getRun, listResuming, type Run, setThread } from '../../../storage/runs.ts'
import { INTEGRITY } from '../../run/run-file.ts'
import { whyNotResumable } from '../../run/resumable.ts'
import { hasEnded, isLive } from '../../run/state.ts'
import { UserError } from '../../user-error.ts'
import { announce, type Context } from '../context.ts'
import { type Launched, launchRun } from './launch.ts'

export type Resumed =
  /** `child` goes on, or waits for its place. */
  | { is: 'launched' | 'queued'; child: Run }
  /** Somebody resumed it before: `child` is at work, waits, or has finished. */
  | { is: 'resumed-before'; child: Run }
  /** Its checkpoints are not on the host any more. */
  | { is: 'gone' }

/**
 * Goes on with a run that ended before its time, from its last checkpoint: a run of its own in the same thread, linked to
 * the first. Who did it is in the record of both. Pressed again it starts nothing as long as the one that goes on does, or
 * has finished. Throws UserError when there is nothing to go on with.
 */
export async function resumeRun(context: Context, { run, actor }: { run: Run; actor: string }): Promise<Resumed> {
  const { database } = context
  checkResumable(context, run)
  if (run.folder === null || !(await hasCheckpoint(context, run))) return { is: 'gone' }
  const { folder, spec, host, guild_id, channel_id, thread_id } = run
  const made = database
    .transaction(() => {
      const before = listResuming(database, run.id).find(({ state }) => state === 'completed' || !hasEnded(state))
      if (before) return { id: before.id, isNew: false }
      const place = { host, guild_id, channel_id }
      const draft = { spec, ...place, created_by: actor, parent_id: run.id, resume_from: folder }
      const { id } = createDraft(database, draft)
      if (thread_id !== null) setThread(database, { id, thread_id })
      noteChange(database, { id: run.id, actor, reason: `resumed in #${id}` })
      noteChange(database, { id, actor, reason: `resumes #${run.id}` })
      return { id, isNew: true }
    })
    .immediate()
  announce(context, made.id)
  // Whoever died between making and launching it left a draft that nobody sees.
  const launched: Launched =
    getRun(database, made.id).state === 'draft' ? await launchRun(context, { id: made.id, actor }) : 'already'
  const child = getRun(database, made.id)
  return launched === 'already' ? { is: 'resumed-before', child } : { is: launched, child }
}

/** Throws UserError that says why a run cannot be resumed, as far as the record tells. */
export function checkResumable({ database }: Pick<Context, 'database'>, run: Run): void {
  const { id, state } = run
  if (state === 'completed') throw new UserError(`#${id} has finished; there is nothing left to resume.`)
  if (isLive(state) || state === 'queued') throw new UserError(`#${id} is ${state}; there is nothing to resume.`)
  const why = whyNotResumable(readView(database, id))
  if (why === null) return
  if (why === 'comes again') {
    throw new UserError(
      `#${id} would fail again at the same step: it goes on with the same rows in the same order.`,
      'The fixes on its card change what led there.',
    )
  }
  throw new UserError(
    `#${id} has no checkpoint to go on from.`,
    `\`/finetune start like:${id}\` makes a draft that starts it from the start.`,
  )
}

/** Whether the host still has a checkpoint that the engine told of; whether it is whole only the engine can say. */
async function hasCheckpoint({ host, database }: Context, { id, folder }: Run): Promise<boolean> {
  const folders = new Set(readView(database, id).checkpoints.map((checkpoint) => checkpoint.folder))
  for (const name of [...folders].reverse()) {
    const manifest = { folder: join(String(folder), name), file: INTEGRITY, bytes: 1 }
    if ((await host.tail(manifest)) !== '') return true
  }
  return false
}
