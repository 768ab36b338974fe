import { listRuns, type Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Button } from '../../src/bot/table.ts'
import { sentence } from '../../src/cards/layout.ts'
import { specHash } from '../../src/cards/receipt.ts'
import { repeatRun } from '../../src/control/draft/relaunch.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { placeOf } from './place.ts'

/** Makes a draft of one's own that does what this run did. */
export const againButton: Button = {
  who: 'anyone',
  acknowledge: 'private',
  run: async ({ bot, run, interaction }) => {
    const actor = interaction.user.id
    const waiting = childLike(bot, run, {}).find(({ state, created_by }) => state === 'draft' && created_by === actor)
    const draft = waiting ?? repeatRun(bot.context, { id: run.id, actor })
    await bot.narrator.post(draft)
    return sentence(`Draft #${draft.id} is in ${placeOf(draft)}.`)
  },
}

/** Runs made from this one that were asked to do the same with `args` changed; newest first. */
export function childLike(bot: Bot, run: Run, args: Partial<Arguments>): Run[] {
  const hash = specHash({ spec: { ...run.spec, args: { ...run.spec.args, ...args } } })
  return listRuns(bot.context.database, { guild_id: run.guild_id, limit: 200 }).filter(
    (child) => child.parent_id === run.id && specHash(child) === hash,
  )
}
