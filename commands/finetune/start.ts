import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type ChatInputCommandInteraction,
} from 'discord.js'
import { planMessage, sentMessage } from '../../storage/messages.ts'
import type { Run } from '../../storage/runs.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { SAID } from '../../src/bot/narration.ts'
import { checkCanTell } from '../../src/bot/permissions.ts'
import type { Call, Reaction, Remembered, Subcommand } from '../../src/bot/table.ts'
import { BUILTIN_EMAILS, BUILTIN_ENCODER } from '../../src/builtin/known.ts'
import { sentence } from '../../src/cards/layout.ts'
import { draftRun } from '../../src/control/draft.ts'
import { readWritten } from '../../src/preflight/written.ts'
import { completeDataset, completeModel } from './known.ts'
import { completeRun, namedRun, runOption } from './runs.ts'
import { placeOf } from './place.ts'

type Interaction = ChatInputCommandInteraction<'cached'>

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'start',
  description: 'Draft a fine-tune: see what would run, change it, launch it',
  options: [
    {
      type: ApplicationCommandOptionType.String,
      name: 'model',
      description: `The model to start from (default: ${BUILTIN_ENCODER})`,
      autocomplete: true,
      max_length: 200,
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'dataset',
      description: `The rows to learn from (default: ${BUILTIN_EMAILS})`,
      autocomplete: true,
      max_length: 200,
    },
    {
      type: ApplicationCommandOptionType.String,
      name: 'args',
      description: 'Anything else, such as: lr 3e-5, 3 epochs, batch 32',
      max_length: 1000,
    },
    runOption('A run to take everything from that is not given here', { name: 'like', required: false }),
  ],
} as const satisfies APIApplicationCommandSubcommandOption

/**
 * The answer is the draft's card, and stays this run's one message in the channel. From inside of a thread the draft
 * goes to the channel, since a thread has no threads.
 */
export const start: Subcommand = {
  definition,
  react: (interaction): Reaction<Call<Interaction>> =>
    interaction.channel?.isThread() === true
      ? { acknowledge: 'private', run: draftInChannel }
      : { acknowledge: 'at once', run: draftHere },
  complete: (call) => {
    const { name } = call.interaction.options.getFocused(true)
    if (name === 'model') return completeModel(call)
    return name === 'dataset' ? completeDataset(call) : completeRun()(call)
  },
}

function draftHere({ bot, interaction }: Call<Interaction>): Remembered {
  checkCanTell(interaction.appPermissions)
  const { database } = bot.context
  const run = draft(bot, interaction, interaction.channelId)
  const key = { run_id: run.id, key: SAID.channel }
  return {
    card: bot.drafts.card(run),
    shown: (message_id) => {
      planMessage(database, { ...key, channel_id: run.channel_id })
      sentMessage(database, { ...key, message_id })
      // Checks may have answered while the card was on its way.
      bot.narrator.touch(run.id)
    },
  }
}

async function draftInChannel({ bot, interaction }: Call<Interaction>) {
  const run = draft(bot, interaction, interaction.channel?.parentId ?? interaction.channelId)
  await bot.narrator.post(run)
  return sentence(`Draft #${run.id} is in ${placeOf(run)}.`)
}

function draft(bot: Bot, interaction: Interaction, channel_id: string): Run {
  const { options, guildId, user } = interaction
  const like = namedRun(bot, interaction, 'like')
  const line = readWritten(options.getString('args') ?? '')
  const run = draftRun(bot.context, {
    model: options.getString('model')?.trim() ?? like?.spec.model ?? BUILTIN_ENCODER,
    dataset: options.getString('dataset')?.trim() ?? like?.spec.dataset ?? BUILTIN_EMAILS,
    args: { ...like?.spec.args, ...line.args },
    guild_id: guildId,
    channel_id,
    created_by: user.id,
    parent_id: like?.id ?? null,
  })
  bot.drafts.remember(run, line)
  return run
}
