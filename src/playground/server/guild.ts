import { isThread, type State } from './state.ts'
import { canSee } from './permissions.ts'
import { activeThreads } from './threads.ts'

/** The guild as REST gives it. */
export function guildObject(state: State): object {
  return {
    id: state.guild.id,
    name: state.guild.name,
    owner_id: state.guild.ownerId,
    icon: null,
    splash: null,
    discovery_splash: null,
    banner: null,
    description: null,
    afk_channel_id: null,
    afk_timeout: 300,
    verification_level: 0,
    default_message_notifications: 1,
    explicit_content_filter: 0,
    mfa_level: 0,
    nsfw_level: 0,
    application_id: null,
    system_channel_id: null,
    system_channel_flags: 0,
    rules_channel_id: null,
    public_updates_channel_id: null,
    safety_alerts_channel_id: null,
    vanity_url_code: null,
    preferred_locale: 'en-US',
    premium_tier: 0,
    premium_progress_bar_enabled: false,
    features: [],
    emojis: [],
    stickers: [],
    roles: [...state.roles.values()],
  }
}

/** `d` of GUILD_CREATE: the guild with what the bot sees of its channels, active threads and (without GUILD_MEMBERS) itself. */
export function guildCreate(state: State): object {
  const seen = [...state.channels.values()].filter((one) => canSee(state, state.bot.id, one))
  return {
    ...guildObject(state),
    joined_at: state.members.get(state.bot.id)?.joined_at,
    large: false,
    unavailable: false,
    member_count: state.members.size,
    members: [...state.members.values()].filter(({ user }) => user.id === state.bot.id),
    channels: seen.filter((one) => !isThread(one)),
    threads: activeThreads(state)
      .filter((one) => canSee(state, state.bot.id, one))
      .map((one) => ({ ...one, member: state.threadMembers.get(one.id)?.get(state.bot.id) })),
    presences: [],
    voice_states: [],
    stage_instances: [],
    guild_scheduled_events: [],
    soundboard_sounds: [],
  }
}
