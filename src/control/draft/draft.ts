import { createDraft, type Run } from '../../../storage/runs.ts'
import { HOUSE, RECOMMENDED } from '../../builtin/known.ts'
import type { Arguments } from '../../run/arguments.ts'
import { buildSpec, type Named } from '../../run/spec.ts'
import { announce, type Context } from '../context.ts'

export interface Draft extends Named {
  /** What the person asked for; the rest is recommended for the model and the dataset, or the default. */
  args: Partial<Arguments>
  guild_id: string
  channel_id: string
  created_by: string
  parent_id?: number | null
}

/** Writes down a run that nobody has confirmed yet. Throws UserError that lists every argument that does not fit. */
export function draftRun(context: Context, draft: Draft): Run {
  const { args, guild_id, channel_id, created_by, parent_id = null, ...named } = draft
  const spec = buildSpec({
    ...named,
    args: { ...HOUSE, ...RECOMMENDED[named.model], ...RECOMMENDED[named.dataset], ...args },
  })
  const where = { guild_id, channel_id, created_by, parent_id }
  const run = createDraft(context.database, { ...where, spec, host: context.host.name })
  announce(context, run.id)
  return run
}
