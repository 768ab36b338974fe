import type { Button } from '../../../src/bot/table.ts'
import { previewCard } from '../../../src/cards/preview.ts'
import { previewRun } from '../../../src/control/draft/preview.ts'

/** What is in the dataset, before anything is launched. */
export const previewButton: Button = {
  who: 'anyone',
  acknowledge: 'private',
  run: async ({ bot, run }) => previewCard({ run, preview: await previewRun(bot.context, run) }),
}
