import type { Button } from '../../../src/bot/table.ts'
import { editRun } from '../../../src/control/draft/edit.ts'
import { fixId } from '../../../src/diagnosis/fix.ts'
import { UserError } from '../../../src/user-error.ts'

/** Makes a change that a check of the draft offers; what was refused of its words still is. */
export const takeButton: Button = {
  who: 'starter',
  acknowledge: 'update',
  run: async ({ bot, run, arg, interaction }) => {
    const findings = run.state === 'draft' ? await bot.drafts.settled(run) : []
    const offer = findings.flatMap(({ offers = [] }) => offers).find((each) => fixId(each) === arg)
    if (!offer) {
      throw new UserError(
        `#${run.id} does not offer that any more.`,
        'Edit changes a draft; Run again makes a new one.',
      )
    }
    const written = bot.drafts.written(run.id)
    const edited = editRun(bot.context, { id: run.id, args: offer.change, actor: interaction.user.id })
    bot.drafts.remember(edited, written)
    bot.narrator.touch(run.id)
    return null
  },
}
