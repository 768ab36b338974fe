import type { Run } from '../../../storage/runs.ts'
import type { Bot } from '../../../src/bot/bot.ts'
import type { Button } from '../../../src/bot/table.ts'
import { sentence } from '../../../src/cards/layout.ts'
import { launchRun } from '../../../src/control/run/launch.ts'
import { UserError } from '../../../src/user-error.ts'
import { placeOf } from '../place.ts'

/** Waits for the checks of a draft. Throws UserError with the first that stands in its way. */
export async function checkCanStart(bot: Bot, run: Run): Promise<void> {
  const failed = (await bot.drafts.settled(run)).find(({ outcome }) => outcome === 'failed')
  if (failed) throw new UserError(`#${run.id} cannot start: ${failed.text}`, failed.remedy)
}

/** Confirms a draft. A second press starts nothing. */
export const launchButton: Button = {
  who: 'starter',
  acknowledge: 'update',
  run: async ({ bot, run, interaction }) => {
    if (run.state === 'draft') await checkCanStart(bot, run)
    const launched = await launchRun(bot.context, { id: run.id, actor: interaction.user.id })
    return launched === 'already' ? sentence(`#${run.id} was launched already: ${placeOf(run)}`) : null
  },
}
