import { readView } from '../../storage/events.ts'
import type { Button } from '../../src/bot/table.ts'
import { receiptCard } from '../../src/cards/receipt.ts'

export const receiptButton: Button = {
  who: 'anyone',
  acknowledge: 'private',
  run: ({ bot, run }) => receiptCard({ run, view: readView(bot.context.database, run.id) }),
}
