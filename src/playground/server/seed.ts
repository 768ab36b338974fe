import {
  ChannelType,
  type GuildMemberFlags,
  PermissionFlagsBits as May,
  type RoleFlags,
  type UserFlags,
  type APIRole,
  type APIUser,
} from 'discord-api-types/v10'
import { NO_FLAGS } from './flags.ts'
import { createSnowflakes } from './snowflake.ts'
import { createState, type State, type TextChannel } from './state.ts'

export type PersonName = 'alice' | 'bob' | 'root'

export interface Ids {
  guild: string
  training: string
  general: string
  application: string
  bot: string
  alice: string
  bob: string
  root: string
  /** Roles. */
  everyone: string
  reviewer: string
  admin: string
  botRole: string
}

const EVERYONE =
  May.ViewChannel |
  May.SendMessages |
  May.SendMessagesInThreads |
  May.CreatePublicThreads |
  May.AddReactions |
  May.EmbedLinks |
  May.AttachFiles |
  May.ReadMessageHistory |
  May.UseExternalEmojis |
  May.UseApplicationCommands |
  May.ChangeNickname

const ADMIN =
  May.ManageGuild |
  May.ManageChannels |
  May.ManageRoles |
  May.ManageMessages |
  May.ManageThreads |
  May.PinMessages |
  May.MentionEveryone |
  May.ViewAuditLog

/** What the invite link of the project asks for, and no more: a permission that is missing here is missing there. */
const BOT =
  May.ViewChannel |
  May.SendMessages |
  May.SendMessagesInThreads |
  May.CreatePublicThreads |
  May.CreatePrivateThreads |
  May.ManageThreads |
  May.EmbedLinks |
  May.AttachFiles |
  May.ReadMessageHistory |
  May.AddReactions |
  May.UseExternalEmojis |
  May.PinMessages

/**
 * The ids are of this moment, whenever the playground starts: what a bot has recorded of its server, its people and their
 * runs holds after a restart. They are older than every message's.
 */
const MADE_MS = Date.UTC(2023, 0, 1)

export interface SeedOptions {
  now: () => number
  botName: string
  deadlineMs: number
  privilegedIntents: number
  signal: AbortSignal
}

/** The guild "Playground" with its two channels, three people and the bot. */
export function seedState({ now, botName, deadlineMs, privilegedIntents, signal }: SeedOptions): {
  state: State
  ids: Ids
} {
  const nextId = createSnowflakes(() => MADE_MS)
  const guild = nextId()
  // The bot's user has the application's id, as with every application made since 2016.
  const application = nextId()
  const ids: Ids = {
    guild,
    everyone: guild,
    training: nextId(),
    general: nextId(),
    application,
    bot: application,
    alice: nextId(),
    bob: nextId(),
    root: nextId(),
    reviewer: nextId(),
    admin: nextId(),
    botRole: nextId(),
  }
  const token = `${Buffer.from(ids.bot).toString('base64url')}.playground.${Buffer.from(guild).toString('base64url')}`
  const bot = user(ids.bot, botName, null, true)
  const state = createState(now, {
    guild: { id: guild, name: 'Playground', ownerId: ids.root },
    applicationId: application,
    bot,
    token,
    signal,
    deadlineMs,
    privilegedIntents,
  })

  for (const one of [
    role(ids.everyone, '@everyone', 0, 0, EVERYONE),
    { ...role(ids.botRole, botName, 1, 0, BOT), managed: true, tags: { bot_id: ids.bot } },
    { ...role(ids.reviewer, 'reviewer', 2, 0x3498db, 0n), mentionable: true, hoist: true },
    { ...role(ids.admin, 'admin', 3, 0xe67e22, ADMIN), hoist: true },
  ]) {
    state.roles.set(one.id, one)
  }
  const joined = new Date(now() - 86_400_000).toISOString()
  for (const [who, roles] of [
    [bot, [ids.botRole]],
    [user(ids.alice, 'alice', 'Alice', false), []],
    [user(ids.bob, 'bob', 'Bob', false), [ids.reviewer]],
    [user(ids.root, 'root', 'Root', false), [ids.admin]],
  ] as const) {
    state.members.set(who.id, {
      user: who,
      nick: null,
      avatar: null,
      banner: null,
      roles: [...roles],
      joined_at: joined,
      premium_since: null,
      deaf: false,
      mute: false,
      flags: NO_FLAGS as GuildMemberFlags,
      pending: false,
      communication_disabled_until: null,
    })
  }
  for (const [id, name, topic, position] of [
    [ids.training, 'training', 'Fine-tune runs, each in a thread of its own', 0],
    [ids.general, 'general', 'Anything else', 1],
  ] as const) {
    state.channels.set(id, textChannel(guild, id, name, topic, position))
    state.messages.set(id, new Map())
  }
  return { state, ids }
}

function textChannel(guild: string, id: string, name: string, topic: string, position: number): TextChannel {
  return {
    id,
    type: ChannelType.GuildText,
    guild_id: guild,
    name,
    topic,
    position,
    nsfw: false,
    parent_id: null,
    permission_overwrites: [],
    rate_limit_per_user: 0,
    last_message_id: null,
    last_pin_timestamp: null,
  }
}

function user(id: string, username: string, global_name: string | null, bot: boolean): APIUser {
  const flags = NO_FLAGS as UserFlags
  return { id, username, discriminator: '0', global_name, avatar: null, bot, system: false, flags, public_flags: flags }
}

function role(id: string, name: string, position: number, color: number, permissions: bigint): APIRole {
  return {
    id,
    name,
    position,
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- discord.js 14 and the page read it still
    color,
    colors: { primary_color: color, secondary_color: null, tertiary_color: null },
    hoist: false,
    managed: false,
    mentionable: false,
    icon: null,
    unicode_emoji: null,
    flags: NO_FLAGS as RoleFlags,
    permissions: String(permissions),
  }
}
