import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import { readView } from '../../storage/events.ts'
import { listLive, listQueue, type Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Subcommand } from '../../src/bot/table.ts'
import { overviewCard } from '../../src/cards/overview.ts'
import { statusCard } from '../../src/cards/status.ts'
import { queuePosition } from '../../src/control/run/queue.ts'
import { completeRun, namedRun, runOption } from './runs.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'status',
  description: 'What is running and waiting here, or where one run stands',
  options: [runOption('One run (default: all that run or wait)', { required: false })],
} as const satisfies APIApplicationCommandSubcommandOption

export const status: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    run: ({ bot, interaction }) => {
      const run = namedRun(bot, interaction)
      if (run) return statusCard({ ...told(bot, run), buttons: false })
      const { database } = bot.context
      const runs = [...listLive(database), ...listQueue(database)].filter(
        (each) => each.guild_id === interaction.guildId,
      )
      return overviewCard(runs.map((each) => told(bot, each)))
    },
  }),
  complete: completeRun(),
}

function told(bot: Bot, run: Run) {
  const ahead = (queuePosition(bot.context, run.id) ?? 1) - 1
  return { run, view: readView(bot.context.database, run.id), ahead }
}
