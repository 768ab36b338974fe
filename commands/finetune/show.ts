import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import { readView } from '../../storage/events.ts'
import { listChanges } from '../../storage/changes.ts'
import { findRun, type Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Select, Subcommand } from '../../src/bot/table.ts'
import { showCard } from '../../src/cards/show.ts'
import { UserError } from '../../src/user-error.ts'
import { completeRun, requiredRun, runOption } from './runs.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'show',
  description: 'Everything that is known of a run: its arguments, evaluations, and who did what',
  options: [runOption('Which run')],
} as const satisfies APIApplicationCommandSubcommandOption

export const show: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    run: ({ bot, interaction }) => shown(bot, requiredRun(bot, interaction)),
  }),
  complete: completeRun(),
}

/** The menu under `/finetune list`. */
export const showSelect: Select = {
  acknowledge: 'private',
  run: ({ bot, interaction }) => {
    const run = findRun(bot.context.database, Number(interaction.values[0]))
    if (run?.guild_id !== interaction.guildId) throw new UserError('That run is not on this server.')
    return shown(bot, run)
  },
}

function shown({ context: { database } }: Bot, run: Run) {
  return showCard({ run, view: readView(database, run.id), changes: listChanges(database, run.id) })
}
