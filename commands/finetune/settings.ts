import { type APIApplicationCommandSubcommandOption, ApplicationCommandOptionType } from 'discord.js'
import { changeSettings, listSettingsChanges, readSettings, type Settings } from '../../storage/settings.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { checkManages } from '../../src/bot/permissions.ts'
import type { LooseButton, LooseForm, RoleSelect, Select, Subcommand } from '../../src/bot/table.ts'
import type { Card } from '../../src/cards/layout.ts'
import { confirmRemoveTokenCard, hubTokenForm, TOKEN_FIELD } from '../../src/cards/hub-token.ts'
import { MOST_APPROVALS, settingsCard } from '../../src/cards/settings.ts'
import { hubAccount, removeHubToken, setHubToken } from '../../src/control/settings.ts'
import { missingScope } from '../../src/hub/whoami.ts'
import { UserError } from '../../src/user-error.ts'

const definition = {
  type: ApplicationCommandOptionType.Subcommand,
  name: 'settings',
  description: 'For who manages the server: its Hub account, who may publish, how many approve',
} as const satisfies APIApplicationCommandSubcommandOption

type Caller = { interaction: { memberPermissions: Parameters<typeof checkManages>[0] } }
const managesOnly = ({ interaction }: Caller) => checkManages(interaction.memberPermissions)

export const settings: Subcommand = {
  definition,
  react: () => ({
    acknowledge: 'private',
    refuse: managesOnly,
    run: ({ bot, interaction }) => shown(bot, interaction.guildId),
  }),
}

/** Back to the card, from a question that was answered with no. */
export const settingsButton: LooseButton = {
  who: 'no run',
  acknowledge: 'replace',
  refuse: managesOnly,
  run: ({ bot, interaction }) => shown(bot, interaction.guildId),
}

export const hubTokenButton: LooseButton = {
  who: 'no run',
  acknowledge: 'form',
  form: (call) => {
    managesOnly(call)
    return hubTokenForm()
  },
}

/** Keeps the token once the Hub has said whose it is. */
export const hubTokenAnswer: LooseForm = {
  who: 'no run',
  acknowledge: 'replace',
  refuse: managesOnly,
  run: async ({ bot, interaction }) => {
    const value = interaction.fields.getTextInputValue(TOKEN_FIELD)
    const guild_id = interaction.guildId
    const { name } = await setHubToken(bot.context, { guild_id, value, actor: interaction.user.id })
    return await shown(bot, guild_id, `The token is \`${name}\`’s, and is kept.`)
  },
}

/** Asks first. */
export const hubTokenRemoveButton: LooseButton = {
  who: 'no run',
  acknowledge: 'replace',
  refuse: managesOnly,
  run: ({ bot, interaction }) =>
    confirmRemoveTokenCard(readSettings(bot.context.database, interaction.guildId).hub_account),
}

export const hubTokenRemoveForSureButton: LooseButton = {
  who: 'no run',
  acknowledge: 'replace',
  refuse: managesOnly,
  run: async ({ bot, interaction }) => {
    const guild_id = interaction.guildId
    const removed = removeHubToken(bot.context, { guild_id, actor: interaction.user.id })
    return await shown(bot, guild_id, removed ? 'The token is removed.' : 'There was no token any more.')
  },
}

export const publishRoleSelect: RoleSelect = {
  acknowledge: 'replace',
  refuse: managesOnly,
  run: ({ bot, interaction }) => change(bot, interaction, { publish_role: interaction.values[0] ?? null }),
}

export const publishApprovalsSelect: Select = {
  acknowledge: 'replace',
  refuse: managesOnly,
  run: ({ bot, interaction }) => {
    const count = Number(interaction.values[0])
    if (!Number.isInteger(count) || count < 0 || count > MOST_APPROVALS) {
      throw new UserError(`Expected 0 to ${MOST_APPROVALS} approvals.`)
    }
    return change(bot, interaction, { publish_approvals: count })
  },
}

export const publishVisibilitySelect: Select = {
  acknowledge: 'replace',
  refuse: managesOnly,
  run: ({ bot, interaction }) => change(bot, interaction, { publish_private: interaction.values[0] !== 'public' }),
}

async function change(
  bot: Bot,
  { guildId, user }: { guildId: string; user: { id: string } },
  set: Partial<Settings>,
): Promise<Card> {
  changeSettings(bot.context.database, { guild_id: guildId, actor: user.id, set })
  return await shown(bot, guildId)
}

async function shown(bot: Bot, guild_id: string, notice: string | null = null): Promise<Card> {
  const { database } = bot.context
  const { from, who, hubUrl, problem, keyless } = await hubAccount(bot.context, guild_id)
  const missing = who === null ? null : missingScope({ who, need: 'publish', hubUrl })
  return settingsCard({
    settings: readSettings(database, guild_id),
    hub: { from, who, missing, problem, keyless },
    changes: listSettingsChanges(database, { guild_id }),
    notice,
  })
}
