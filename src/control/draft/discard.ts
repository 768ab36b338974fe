import { transition } from '../../../storage/moves.ts'
import { announce, type Context } from '../context.ts'
import { askedRun } from '../find.ts'

/** Throws a draft away; its number and who did it stay in the record. False when it is no draft any more. */
export function discardRun(context: Context, { id, actor }: { id: number; actor: string }): boolean {
  askedRun(context, id)
  const discarded = transition(context.database, { id, from: 'draft', to: 'discarded', actor })
  if (discarded) announce(context, id)
  return discarded
}
