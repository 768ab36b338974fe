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
import { draftRun } from '../../src/control/draft/draft.ts'
import { atRevision } from '../../src/engine/hub.ts'
import type { Named } from '../../src/run/spec.ts'
import { readWritten } from '../../src/preflight/written.ts'
import { completeConfig, completeDataset, completeModel } from './known.ts'
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
      name: 'dataset_config_name',
      description: 'Which configuration of a dataset of the Hub, such as sst2 of nyu-mll/glue',
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
    switch (name) {
      case 'model':
        return completeModel(call)
      case 'dataset':
        return completeDataset(call)
      case 'dataset_config_name':
        return completeConfig(call)
      default:
        return completeRun()(call)
    }
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
    ...named(options, like),
    args: { ...like?.spec.args, ...line.args },
    guild_id: guildId,
    channel_id,
    created_by: user.id,
    parent_id: like?.id ?? null,
  })
  bot.drafts.remember(run, line)
  return run
}

/** What is named anew is taken as it is now; what is taken from another run stays at that run's commits. */
function named(options: Interaction['options'], like: Run | null): Named {
  const written = (option: string) => {
    const text = options.getString(option)?.trim()
    return text ? atRevision(text) : null
  }
  const model = written('model')
  const dataset = written('dataset')
  const config = options.getString('dataset_config_name')?.trim() || null
  const before = like?.spec
  const model_revision = model ? model.revision : before?.model_revision
  const dataset_revision = dataset ? dataset.revision : before?.dataset_revision
  const dataset_config_name = config ?? (dataset ? null : before?.dataset_config_name)
  return {
    model: model?.name ?? before?.model ?? BUILTIN_ENCODER,
    dataset: dataset?.name ?? before?.dataset ?? BUILTIN_EMAILS,
    ...(model_revision ? { model_revision } : {}),
    ...(dataset_revision ? { dataset_revision } : {}),
    ...(dataset_config_name ? { dataset_config_name } : {}),
  }
}
