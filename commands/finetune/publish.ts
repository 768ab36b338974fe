import {
  type APIApplicationCommandSubcommandOption,
  ApplicationCommandOptionType,
  type ButtonInteraction,
  type ChatInputCommandInteraction,
  type ModalSubmitInteraction,
} from 'discord.js'
import type { Publish } from '../../storage/publishes.ts'
import type { Run } from '../../storage/runs.ts'
import { readSettings } from '../../storage/settings.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { checkMayPublish } from '../../src/bot/permissions.ts'
import type { Button, RunCall, RunForm, Subcommand } from '../../src/bot/table.ts'
import { type Card, sentence } from '../../src/cards/layout.ts'
import { publishForm, REPOSITORY_FIELD, VISIBILITY_FIELD } from '../../src/cards/publish/form.ts'
import {
  approvePublish,
  askedPublish,
  askToPublish,
  changePublish,
  draftPublish,
  withdrawPublish,
} from '../../src/control/publish/publish.ts'
import { modelFolderOf } from '../../src/control/publish/files.ts'
import { stopUpload } from '../../src/control/publish/upload.ts'
import { UserError } from '../../src/user-error.ts'
import { completeTrained, requiredRun, runOption } from './runs.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'publish',
  description: 'Put the model of a finished run on the Hub: see what would go where, then confirm',
  options: [
    runOption('A run that has finished, or was stopped and saved'),
    {
      type: ApplicationCommandOptionType.String,
      name: 'repo',
      description: 'account/name on the Hub (default: of the account, after model, dataset and run)',
      max_length: 193,
    },
    {
      type: ApplicationCommandOptionType.Boolean,
      name: 'private',
      description: 'Whether a new repository is private (default: as the settings of this server say)',
    },
  ],
} as const satisfies APIApplicationCommandSubcommandOption

export const publish: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    refuse: ({ bot, interaction }) => checkMayAsk(bot, requiredRun(bot, interaction), interaction),
    run: ({ bot, interaction }) =>
      draftAndSay(bot, requiredRun(bot, interaction), {
        repository: interaction.options.getString('repo'),
        private: interaction.options.getBoolean('private'),
        actor: interaction.user.id,
      }),
  }),
  complete: completeTrained,
}

/** Of the result card: the same without options. */
export const publishButton: Button = {
  who: 'anyone',
  acknowledge: 'private',
  refuse: ({ bot, run, interaction }) => checkMayAsk(bot, run, interaction),
  run: ({ bot, run, interaction }) =>
    draftAndSay(bot, run, { repository: null, private: null, actor: interaction.user.id }),
}

/** Confirms a draft, or tries again what failed. */
export const publishGoButton: Button = {
  who: 'anyone',
  acknowledge: 'update',
  refuse: ({ bot, run, interaction }) => checkMayAsk(bot, run, interaction),
  run: (call) => {
    const { id } = publishOf(call)
    const asked = askToPublish(call.bot.context, { run: call.run, id, actor: call.interaction.user.id })
    return asked === 'already' ? sentence('That is under way, or done, already.') : null
  },
}

export const publishChangeButton: Button = {
  who: 'anyone',
  acknowledge: 'form',
  form: (call) => {
    checkMayAsk(call.bot, call.run, call.interaction)
    const publish = publishOf(call)
    if (publish.state !== 'draft') throw noDraft()
    return publishForm({ run: call.run, publish })
  },
}

export const publishChangeAnswer: RunForm = {
  who: 'anyone',
  acknowledge: 'update',
  refuse: ({ bot, run, interaction }) => checkMayAsk(bot, run, interaction),
  run: async (call) => {
    const { bot, run, interaction } = call
    const changed = await changePublish(bot.context, {
      run,
      id: publishOf(call).id,
      repository: interaction.fields.getTextInputValue(REPOSITORY_FIELD),
      private: interaction.fields.getRadioGroup(VISIBILITY_FIELD) !== 'public',
    })
    if (!changed) throw noDraft()
    return null
  },
}

/** Somebody other than the one who asked says yes; the last one that is needed starts the upload. */
export const publishApproveButton: Button = {
  who: 'anyone',
  acknowledge: 'update',
  refuse: ({ bot, run, interaction }) => checkMayPublish('approves', who(bot, run, interaction)),
  run: (call): Card | null => {
    const { bot, run, interaction } = call
    const approved = approvePublish(bot.context, { run, id: publishOf(call).id, actor: interaction.user.id })
    switch (approved.is) {
      case 'uploading':
        return null
      case 'waits':
        return sentence(`Thanks. It waits for ${approved.for} more.`)
      case 'twice':
        return sentence('You have approved this already.')
      case 'not asked':
        return sentence('There is nothing to approve any more.')
    }
  },
}

/** Discards a draft, or takes back what was asked. */
export const publishWithdrawButton: Button = {
  who: 'anyone',
  acknowledge: 'update',
  refuse: ({ bot, run, interaction }) => checkMayAsk(bot, run, interaction),
  run: (call) => {
    const { bot, run, interaction } = call
    const withdrawn = withdrawPublish(bot.context, { run, id: publishOf(call).id, actor: interaction.user.id })
    return withdrawn ? null : sentence('That is too late: it is under way, or done.')
  },
}

/** Ends an upload in the middle. */
export const publishStopButton: Button = {
  who: 'anyone',
  acknowledge: 'update',
  refuse: ({ bot, run, interaction }) => checkMayAsk(bot, run, interaction),
  run: (call) => {
    const stopped = stopUpload(call.bot.context, { id: publishOf(call).id, actor: call.interaction.user.id })
    return stopped ? null : sentence('It is over already.')
  },
}

async function draftAndSay(
  bot: Bot,
  run: Run,
  asked: { repository: string | null; private: boolean | null; actor: string },
): Promise<Card> {
  const draft = await draftPublish(bot.context, { run, ...asked })
  const channel = await bot.publications.post(draft)
  return sentence(`What would be published, and where, is in <#${channel}>.`)
}

type Interaction =
  ChatInputCommandInteraction<'cached'> | ButtonInteraction<'cached'> | ModalSubmitInteraction<'cached'>

function who(bot: Bot, run: Run, { guildId, user, member, memberPermissions }: Interaction) {
  return {
    run,
    role: readSettings(bot.context.database, guildId).publish_role,
    user_id: user.id,
    roles: member.roles.cache,
    rights: memberPermissions,
  }
}

function checkMayAsk(bot: Bot, run: Run, interaction: Interaction): void {
  checkMayPublish('asks', who(bot, run, interaction))
  modelFolderOf(run)
}

function publishOf({ bot, run, arg }: RunCall<Interaction>): Publish {
  return askedPublish(bot.context, { run, id: /^\d{1,12}$/.test(arg ?? '') ? Number(arg) : 0 })
}

function noDraft(): UserError {
  return new UserError('Only a draft can be changed.', '*Take back* makes a draft of it again, before it is uploaded.')
}
