import { editDraft } from '../../../storage/moves.ts'
import { getRun, type Run } from '../../../storage/runs.ts'
import type { Arguments } from '../../run/arguments.ts'
import { buildSpec } from '../../run/spec.ts'
import { UserError } from '../../user-error.ts'
import { announce, type Context } from '../context.ts'
import { askedRun } from '../find.ts'

/** Changes arguments of a draft; the others stay. Throws UserError when one does not fit, or it is no draft any more. */
export function editRun(
  context: Context,
  { id, args, actor }: { id: number; args: Partial<Arguments>; actor: string },
): Run {
  const { spec } = askedRun(context, id)
  const edited = buildSpec({ ...spec, args: { ...spec.args, ...args } })
  if (!editDraft(context.database, { id, spec: edited, actor })) {
    const { state } = getRun(context.database, id)
    throw new UserError(
      `Run #${id} is ${state}; only a draft can be edited.`,
      'Use Run again to make a new draft from it.',
    )
  }
  announce(context, id)
  return getRun(context.database, id)
}
