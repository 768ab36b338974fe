import type { Button } from '../../../src/bot/table.ts'
import { sentence } from '../../../src/cards/layout.ts'

/** Looks at a draft once more, after something was mended outside of it: a file, a login, accepted terms. */
export const checkAgainButton: Button = {
  who: 'anyone',
  acknowledge: 'update',
  run: ({ bot, run }) => {
    if (run.state !== 'draft') return sentence(`#${run.id} is no draft any more.`)
    bot.drafts.remember(run, bot.drafts.written(run.id))
    bot.narrator.touch(run.id)
    return null
  },
}
