import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import { hasCheckpoint } from '../../storage/events.ts'
import type { Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { checkMay } from '../../src/bot/permissions.ts'
import type { Button, Subcommand } from '../../src/bot/table.ts'
import { type Card, sentence } from '../../src/cards/layout.ts'
import { checkpointsGoneCard } from '../../src/cards/resume.ts'
import { resumeRun } from '../../src/control/run/resume.ts'
import { placeOf } from './place.ts'
import { completeRun, requiredRun, runOption } from './runs.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'resume',
  description: 'Go on with a run that was stopped or failed, from its last checkpoint',
  options: [runOption('A run that ended early and has a checkpoint')],
} as const satisfies APIApplicationCommandSubcommandOption

export const resume: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    run: async ({ bot, interaction }) => {
      const run = requiredRun(bot, interaction)
      checkMay('starter', { run, user_id: interaction.user.id, rights: interaction.memberPermissions })
      return await resumeAndSay(bot, run, interaction.user.id)
    },
  }),
  complete: completeRun(
    (state) => state === 'stopped' || state === 'failed' || state === 'cancelled',
    ({ context }, run) => hasCheckpoint(context.database, run.id),
  ),
}

/** Of the cards of runs that were stopped or failed. */
export const resumeButton: Button = {
  who: 'starter',
  acknowledge: 'private',
  run: ({ bot, run, interaction }) => resumeAndSay(bot, run, interaction.user.id),
}

async function resumeAndSay(bot: Bot, run: Run, actor: string): Promise<Card> {
  const resumed = await resumeRun(bot.context, { run, actor })
  switch (resumed.is) {
    case 'launched':
      return sentence(
        `#${resumed.child.id} goes on from the last checkpoint of #${run.id}, in ${placeOf(resumed.child)}.`,
      )
    case 'queued':
      return sentence(`#${resumed.child.id} waits in the queue to go on with #${run.id}, in ${placeOf(resumed.child)}.`)
    case 'resumed-before':
      return sentence(`#${run.id} is resumed already, in #${resumed.child.id}: ${placeOf(resumed.child)}`)
    case 'gone':
      return checkpointsGoneCard(run)
  }
}
