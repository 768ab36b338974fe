import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import { listRuns } from '../../storage/runs.ts'
import type { Subcommand } from '../../src/bot/table.ts'
import { listCard, RUNS_LISTED } from '../../src/cards/list.ts'
import { person } from '../../src/cards/names.ts'
import { LIVE, RunState } from '../../src/run/state.ts'

/** What people ask for, in their words; each stands for states of the record. */
const FILTERS: Readonly<Record<string, readonly RunState[]>> = {
  running: LIVE,
  queued: ['queued'],
  draft: ['draft'],
  completed: ['completed'],
  stopped: ['stopped', 'cancelled'],
  failed: ['failed'],
}
const NOT_DISCARDED = RunState.options.filter((state) => state !== 'discarded')

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'list',
  description: 'Runs of this server, newest first',
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'state',
      description: 'Only runs that are …',
      choices: Object.keys(FILTERS).map((name) => ({ name, value: name })),
    },
    { type: ApplicationCommandOptionType.User, name: 'person', description: 'Only runs that this person started' },
  ],
} satisfies APIApplicationCommandSubcommandOption

export const list: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    run: ({ bot, interaction }) => {
      const state = interaction.options.getString('state')
      const user = interaction.options.getUser('person')
      const runs = listRuns(bot.context.database, {
        guild_id: interaction.guildId,
        states: (state === null ? undefined : FILTERS[state]) ?? NOT_DISCARDED,
        limit: RUNS_LISTED + 1,
        ...(user ? { created_by: user.id } : {}),
      })
      const about = [state === null ? 'here' : `that are ${state}`, user ? `by ${person(user.id)}` : null]
      return listCard({
        runs: runs.slice(0, RUNS_LISTED),
        more: runs.length > RUNS_LISTED,
        about: about.filter((part) => part !== null).join(' '),
      })
    },
  }),
}
