import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import type { Subcommand } from '../../src/bot/table.ts'
import { helpCard } from '../../src/cards/help.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'help',
  description: 'What can be done here',
} as const satisfies APIApplicationCommandSubcommandOption

/** Lists the other subcommands by their own descriptions. */
export function help(others: readonly Subcommand[]): Subcommand {
  return {
    definition,
    react: () => ({ acknowledge: 'private', run: () => helpCard(others.map((other) => other.definition)) }),
  }
}
