import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import type { Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import type { Button, RunForm, Subcommand } from '../../src/bot/table.ts'
import type { Card } from '../../src/cards/layout.ts'
import { predictionCard } from '../../src/cards/prediction.ts'
import { TEXT_FIELD, tryForm } from '../../src/cards/text-form.ts'
import { predict as predictTexts } from '../../src/control/predict/predict.ts'
import { UserError } from '../../src/user-error.ts'
import { completeTrained, requiredRun, runOption } from './runs.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'predict',
  description: 'Ask the model of a finished run about a text',
  options: [
    runOption('A run that has finished, or was stopped and saved'),
    {
      type: ApplicationCommandOptionType.String,
      name: 'text',
      description: 'The text to classify',
      required: true,
      max_length: 4000,
    },
  ],
} as const satisfies APIApplicationCommandSubcommandOption

export const predict: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'public',
    refuse: ({ bot, interaction }) => checkTrained(requiredRun(bot, interaction)),
    run: ({ bot, interaction }) =>
      predictAndSay(bot, requiredRun(bot, interaction), interaction.options.getString('text', true)),
  }),
  complete: completeTrained,
}

export const tryButton: Button = { who: 'anyone', acknowledge: 'form', form: ({ run }) => tryForm(run) }

/** The answer stays in the thread, for all to see. */
export const tryAnswer: RunForm = {
  who: 'anyone',
  acknowledge: 'public',
  run: ({ bot, run, interaction }) => predictAndSay(bot, run, interaction.fields.getTextInputValue(TEXT_FIELD)),
}

function checkTrained({ id, state }: Run): void {
  if (state === 'completed' || state === 'stopped') return
  throw new UserError(
    `#${id} is ${state}, so it has no model yet.`,
    'Ask a run that has finished, or was stopped and saved.',
  )
}

async function predictAndSay(bot: Bot, run: Run, text: string): Promise<Card> {
  if (text.trim() === '') throw new UserError('Expected a text, got nothing but spaces.')
  const [prediction] = await predictTexts(bot.context, { id: run.id, texts: [text] })
  if (!prediction) throw new Error('Expected a prediction for each text.')
  return predictionCard({ run, prediction })
}
