import type { Button } from '../../../src/bot/table.ts'
import { sentence } from '../../../src/cards/layout.ts'
import { discardRun } from '../../../src/control/draft/discard.ts'

export const discardButton: Button = {
  who: 'starter',
  acknowledge: 'update',
  run: ({ bot, run, interaction }) => {
    const discarded = discardRun(bot.context, { id: run.id, actor: interaction.user.id })
    return discarded ? null : sentence(`#${run.id} is no draft any more.`)
  },
}
