import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import { listTaught } from '../../storage/taught.ts'
import type { Subcommand } from '../../src/bot/table.ts'
import { taughtCard } from '../../src/cards/teach.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'taught',
  description: 'The error causes that this server has taught, and a button to forget each',
} as const satisfies APIApplicationCommandSubcommandOption

export const taught: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    run: ({ bot, interaction }) => taughtCard(listTaught(bot.context.database, interaction.guildId)),
  }),
}
