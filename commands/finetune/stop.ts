import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import type { Run } from '../../storage/runs.ts'
import { StopHow } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { checkMay } from '../../src/bot/permissions.ts'
import type { Button, Subcommand } from '../../src/bot/table.ts'
import { type Card, sentence } from '../../src/cards/layout.ts'
import { person } from '../../src/cards/names.ts'
import { confirmStopCard } from '../../src/cards/confirm-stop.ts'
import { stopRun } from '../../src/control/run/stop.ts'
import { UserError } from '../../src/user-error.ts'
import { completeLive, requiredRun, runOption } from './runs.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'stop',
  description: 'End a run early, with or without saving it',
  options: [
    runOption('Which run'),
    {
      type: ApplicationCommandOptionType.String,
      name: 'how',
      description: 'What becomes of the model (default: save it)',
      choices: [
        { name: 'save: at the next step, keep a model of it', value: 'save' },
        { name: 'now: at once, nothing is saved', value: 'now' },
      ],
    },
  ],
} as const satisfies APIApplicationCommandSubcommandOption

export const stop: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    run: async ({ bot, interaction }) => {
      const run = requiredRun(bot, interaction)
      const how = StopHow.safeParse(interaction.options.getString('how') ?? 'save')
      if (!how.success) throw new UserError('`how` takes save or now.')
      checkMay('starter', { run, user_id: interaction.user.id, rights: interaction.memberPermissions })
      return await stopAndSay(bot, run, { actor: interaction.user.id, how: how.data })
    },
  }),
  complete: completeLive,
}

export const stopAndSaveButton: Button = {
  who: 'starter',
  acknowledge: 'update',
  run: ({ bot, run, interaction }) => stopAndSay(bot, run, { actor: interaction.user.id, how: 'save' }),
}

/** Asks first: what is not saved is gone. */
export const stopNowButton: Button = {
  who: 'starter',
  acknowledge: 'private',
  run: ({ run }) => confirmStopCard(run),
}

export const stopNowForSureButton: Button = {
  who: 'starter',
  acknowledge: 'replace',
  run: ({ bot, run, interaction }) => stopAndSay(bot, run, { actor: interaction.user.id, how: 'now' }),
}

async function stopAndSay(bot: Bot, run: Run, { actor, how }: { actor: string; how: StopHow }): Promise<Card> {
  const stopping = await stopRun(bot.context, { id: run.id, actor, how })
  switch (stopping.is) {
    case 'cancelled':
      return sentence(`#${run.id} is stopped. It had not begun to train.`)
    case 'asked':
      return sentence(`#${run.id} is asked to stop and save; it does so after its next step.`)
    case 'ending':
      return sentence(`#${run.id} is told to end now.`)
    case 'asked-before':
      return sentence(`${person(stopping.by)} asked #${run.id} to stop already. It is on its way.`)
    case 'not-running':
      return sentence(`#${run.id} is ${stopping.state}; there is nothing to stop.`)
  }
}
