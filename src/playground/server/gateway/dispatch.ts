import { GatewayDispatchEvents as Event, GatewayIntentBits as Intent } from 'discord-api-types/v10'
import type { Change } from '../changes.ts'
import { readable } from '../message-content.ts'
import { canSee } from '../permissions.ts'
import { isThread, type Channel, type Message, type State, type Thread } from '../state.ts'

export interface Dispatch {
  t: Event
  d: object
}

/** What a bot with these intents is told of a change: nothing of what it cannot see, nor of ephemeral messages. */
export function dispatches(state: State, change: Change, intents: number): Dispatch[] {
  const wants = (intent: Intent) => (intents & intent) !== 0
  const sees = (channel: Channel | undefined) => channel !== undefined && canSee(state, state.bot.id, channel)
  const one = (t: Event, d: object): Dispatch[] => [{ t, d }]

  switch (change.is) {
    case 'interaction':
      return one(Event.InteractionCreate, change.interaction.payload)
    case 'message created':
    case 'message updated': {
      const { shown, onlyFor } = change.message
      if (onlyFor !== null || !wants(Intent.GuildMessages) || !sees(state.channels.get(shown.channel_id))) return []
      const event = change.is === 'message created' ? Event.MessageCreate : Event.MessageUpdate
      return one(event, eventMessage(state, change.message, intents))
    }
    case 'message deleted': {
      const { shown, onlyFor } = change.message
      if (onlyFor !== null || !wants(Intent.GuildMessages) || !sees(state.channels.get(shown.channel_id))) return []
      return one(Event.MessageDelete, { id: shown.id, channel_id: shown.channel_id, guild_id: state.guild.id })
    }
    case 'reactions': {
      const { shown } = change.message
      if (!wants(Intent.GuildMessageReactions) || !sees(state.channels.get(shown.channel_id))) return []
      const where = { message_id: shown.id, channel_id: shown.channel_id, guild_id: state.guild.id }
      if (change.event === 'remove all') return one(Event.MessageReactionRemoveAll, where)
      const event = change.event === 'add' ? Event.MessageReactionAdd : Event.MessageReactionRemove
      const what = {
        user_id: change.user,
        emoji: { id: null, name: change.emoji },
        type: 0,
        burst: false,
        message_author_id: shown.author.id,
      }
      return one(event, {
        ...where,
        ...what,
        ...(change.event === 'add' ? { member: state.members.get(change.user) } : {}),
      })
    }
    case 'pins':
      if (!wants(Intent.Guilds) || !sees(change.channel)) return []
      return one(Event.ChannelPinsUpdate, {
        guild_id: state.guild.id,
        channel_id: change.channel.id,
        last_pin_timestamp: change.at,
      })
    case 'channel created':
    case 'channel updated':
    case 'channel deleted': {
      // Losing sight of a channel is told as its update; deletion is told to whoever had it.
      if (!wants(Intent.Guilds)) return []
      const event = {
        'channel created': Event.ChannelCreate,
        'channel updated': Event.ChannelUpdate,
        'channel deleted': Event.ChannelDelete,
      }[change.is]
      return one(event, change.channel)
    }
    case 'thread created':
      if (!wants(Intent.Guilds) || !sees(change.thread)) return []
      return one(Event.ThreadCreate, { ...change.thread, newly_created: true, ...botMember(state, change.thread) })
    case 'thread updated':
      return wants(Intent.Guilds) && sees(change.thread) ? one(Event.ThreadUpdate, change.thread) : []
    case 'thread deleted': {
      const { id, guild_id, parent_id, type } = change.thread
      return wants(Intent.Guilds) ? one(Event.ThreadDelete, { id, guild_id, parent_id, type }) : []
    }
    case 'thread member': {
      const self = change.member.user_id === state.bot.id
      if (!wants(Intent.Guilds) || (!self && !wants(Intent.GuildMembers))) return []
      const { thread, member } = change
      const base = { id: thread.id, guild_id: state.guild.id, member_count: thread.member_count }
      if (change.event === 'left')
        return one(Event.ThreadMembersUpdate, { ...base, removed_member_ids: [member.user_id] })
      const added = { ...member, member: state.members.get(member.user_id ?? ''), presence: null }
      const joined = one(Event.ThreadMembersUpdate, { ...base, added_members: [added] })
      return self ? [...one(Event.ThreadCreate, { ...thread, member }), ...joined] : joined
    }
    case 'typing':
      if (!wants(Intent.GuildMessageTyping) || !sees(change.channel)) return []
      return one(Event.TypingStart, {
        channel_id: change.channel.id,
        guild_id: state.guild.id,
        user_id: change.user,
        timestamp: Math.floor(state.now() / 1000),
        member: state.members.get(change.user),
      })
    case 'commands':
    case 'modal':
    case 'bot':
      return []
  }
}

function botMember(state: State, thread: Thread): { member?: object } {
  const member = state.threadMembers.get(thread.id)?.get(state.bot.id)
  return member === undefined ? {} : { member }
}

function eventMessage(state: State, { shown }: Message, intents: number): object {
  const member = { ...state.members.get(shown.author.id), user: undefined }
  const channel = state.channels.get(shown.channel_id)
  return {
    ...readable(state, shown, intents),
    guild_id: state.guild.id,
    member,
    channel_type: channel === undefined || !isThread(channel) ? 0 : channel.type,
  }
}
