import { createDraft, type Run } from '../../storage/runs.ts'
import { HOUSE, RECOMMENDED } from '../builtin/known.ts'
import type { Arguments } from '../run/arguments.ts'
import { buildSpec } from '../run/spec.ts'
import { announce, type Context } from './context.ts'

export interface Draft {
  model: string
  dataset: string
  /** What the person asked for; the rest is recommended for the model and the dataset, or the default. */
  args: Partial<Arguments>
  guild_id: string
  channel_id: string
  created_by: string
  parent_id?: number | null
}

/** Writes down a run that nobody has confirmed yet. Throws UserError that lists every argument that does not fit. */
export function draftRun(context: Context, draft: Draft): Run {
  const { model, dataset, args, ...where } = draft
  const spec = buildSpec({
    model,
    dataset,
    args: { ...HOUSE, ...RECOMMENDED[model], ...RECOMMENDED[dataset], ...args },
  })
  const run = createDraft(context.database, { ...where, spec, host: context.host.name })
  announce(context, run.id)
  return run
}
