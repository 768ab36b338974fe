import { ApplicationIntegrationType, InteractionContextType, type InteractionType } from 'discord-api-types/v10'
import { MAX_FILE_BYTES } from './attachments.ts'
import { permissionsIn } from './permissions.ts'
import type { Channel, Message, State } from './state.ts'

export interface Occasion {
  type: InteractionType
  person: string
  channel: Channel
  data: object
  source?: Message | null
}

/** `d` of INTERACTION_CREATE in a guild, with what the person and the bot may do in that channel. */
export function interactionPayload(state: State, { type, person, channel, data, source = null }: Occasion) {
  return (id: string, token: string): object => ({
    id,
    token,
    type,
    data,
    version: 1,
    application_id: state.applicationId,
    guild_id: state.guild.id,
    guild: { id: state.guild.id, locale: 'en-US', features: [] },
    channel_id: channel.id,
    channel: { ...channel, permissions: String(permissionsIn(state, person, channel)) },
    member: { ...state.members.get(person), permissions: String(permissionsIn(state, person, channel)) },
    app_permissions: String(permissionsIn(state, state.bot.id, channel)),
    locale: 'en-US',
    guild_locale: 'en-US',
    entitlements: [],
    authorizing_integration_owners: { [ApplicationIntegrationType.GuildInstall]: state.guild.id },
    context: InteractionContextType.Guild,
    attachment_size_limit: MAX_FILE_BYTES,
    ...(source === null ? {} : { message: source.shown }),
  })
}
