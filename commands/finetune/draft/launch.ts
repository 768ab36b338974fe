import type { Button } from '../../../src/bot/table.ts'
import { sentence } from '../../../src/cards/layout.ts'
import { launchRun } from '../../../src/control/launch.ts'
import { UserError } from '../../../src/user-error.ts'
import { placeOf } from '../place.ts'

/** Confirms a draft. A second press starts nothing. */
export const launchButton: Button = {
  who: 'starter',
  acknowledge: 'update',
  run: async ({ bot, run, interaction }) => {
    if (run.state === 'draft') {
      const failed = (await bot.drafts.settled(run)).filter(({ outcome }) => outcome === 'failed')
      if (failed[0]) throw new UserError(`#${run.id} cannot start: ${failed[0].text}`, failed[0].remedy)
    }
    const launched = await launchRun(bot.context, { id: run.id, actor: interaction.user.id })
    return launched === 'already' ? sentence(`#${run.id} was launched already: ${placeOf(run)}`) : null
  },
}
