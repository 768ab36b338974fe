import type { Button } from '../../src/bot/table.ts'
import { readLog } from '../../src/control/read-log.ts'
import { logCard } from '../../src/cards/log-tail.ts'

/** The end of what the engine printed, without secrets. */
export const logButton: Button = {
  who: 'anyone',
  acknowledge: 'private',
  run: async ({ bot, run }) => logCard({ run, log: await readLog(bot.context, run) }),
}
