import { PermissionFlagsBits } from 'discord.js'
import type { Button } from '../../src/bot/table.ts'
import { logCard } from '../../src/cards/log-tail.ts'
import { fullLogCard } from '../../src/cards/full-log.ts'
import { readFullLog } from '../../src/control/errors/full-log.ts'
import { readLog } from '../../src/control/errors/read-log.ts'
import { UserError } from '../../src/user-error.ts'

/** The end of what the engine printed, without secrets. */
export const logButton: Button = {
  who: 'anyone',
  acknowledge: 'private',
  run: async ({ bot, run }) => logCard({ run, log: await readLog(bot.context, run) }),
}

/** A request holds all of its files, in 25 MiB. */
const REQUEST_BYTES = 24 * 2 ** 20

/** All that the engine printed, without secrets, as a file; of more than Discord takes, the beginning and the end. */
export const fullLogButton: Button = {
  who: 'starter',
  acknowledge: 'private',
  refuse: ({ interaction }) => {
    if (interaction.appPermissions.has(PermissionFlagsBits.AttachFiles)) return
    throw new UserError(
      'I may not attach files in this channel.',
      'Allow me *Attach Files* there; *Log* shows the end of it.',
    )
  },
  run: async ({ bot, run, interaction }) => {
    const bytes = Math.min(interaction.attachmentSizeLimit, REQUEST_BYTES)
    return fullLogCard({ run, log: await readFullLog(bot.context, run, { bytes }) })
  },
}
