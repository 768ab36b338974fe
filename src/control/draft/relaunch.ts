import { createDraft, type Run } from '../../../storage/runs.ts'
import type { Arguments } from '../../run/arguments.ts'
import { buildSpec } from '../../run/spec.ts'
import { announce, type Context } from '../context.ts'
import { askedRun } from '../find.ts'

/**
 * A new draft that does what run `id` did, with the given arguments changed: "Run again" and every fix. The runs stay
 * linked (`parent_id`). Throws UserError when an argument does not fit.
 */
export function repeatRun(
  context: Context,
  { id, args = {}, actor }: { id: number; args?: Partial<Arguments>; actor: string },
): Run {
  const { spec, guild_id, channel_id } = askedRun(context, id)
  const run = createDraft(context.database, {
    spec: buildSpec({ ...spec, args: { ...spec.args, ...args } }),
    host: context.host.name,
    guild_id,
    channel_id,
    created_by: actor,
    parent_id: id,
  })
  announce(context, run.id)
  return run
}
