import type { Arguments } from '../../run/arguments.ts'
import { buildSpec } from '../../run/spec.ts'
import { changeOfFix, kindOfFix, writeDiff } from '../../diagnosis/fix.ts'
import { recordFix, triedFix } from '../../../storage/fixes.ts'
import { noteChange } from '../../../storage/changes.ts'
import { createDraft, getRun, type Run, setThread } from '../../../storage/runs.ts'
import { announce, type Context } from '../context.ts'
import { type Launched, launchRun } from '../run/launch.ts'

/**
 * Repeats a failed run with a fix applied, in the same thread. The runs stay linked, and who applied what is in the
 * record. A change that was tried before starts nothing and answers with the run that it made. Throws UserError when
 * the arguments do not fit together.
 */
export async function mendRun(
  context: Context,
  { run, code, change, actor }: { run: Run; code: string; change: Partial<Arguments>; actor: string },
): Promise<{ child: Run; launched: Launched | 'tried' }> {
  const { database } = context
  const spec = buildSpec({ ...run.spec, args: { ...run.spec.args, ...change } })
  const diff = writeDiff(run.spec.args, change)
  const made = database
    .transaction(() => {
      const tried = triedFix(database, { run_id: run.id, change: changeOfFix({ change }) })
      if (tried !== null) return { id: tried, isNew: false }
      const { host, guild_id, channel_id, thread_id } = run
      const { id } = createDraft(database, { spec, host, guild_id, channel_id, created_by: actor, parent_id: run.id })
      if (thread_id !== null) setThread(database, { id, thread_id })
      recordFix(database, {
        child_id: id,
        run_id: run.id,
        code,
        fix: kindOfFix({ change }),
        change: changeOfFix({ change }),
        diff,
        actor,
      })
      noteChange(database, { id: run.id, actor, reason: `mended in #${id}: ${diff}` })
      noteChange(database, { id, actor, reason: `mends #${run.id} (${code}): ${diff}` })
      return { id, isNew: true }
    })
    .immediate()
  if (!made.isNew) {
    // Whoever died between making and launching it left a draft that nobody sees.
    const again =
      getRun(database, made.id).state === 'draft' ? await launchRun(context, { id: made.id, actor }) : 'tried'
    return { child: getRun(database, made.id), launched: again === 'already' ? 'tried' : again }
  }
  announce(context, made.id)
  const launched = await launchRun(context, { id: made.id, actor })
  return { child: getRun(database, made.id), launched }
}
