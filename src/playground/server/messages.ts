import {
  ComponentType,
  MessageFlags,
  MessageReferenceType,
  MessageType,
  type APIAllowedMentions,
  type APIEmbed,
  type APIUser,
} from 'discord-api-types/v10'
import type { ShownMessage } from '../protocol.ts'
import type { IncomingFile } from './attachments.ts'
import { flatten, type Component } from './components.ts'
import { hasFlag, setFlags } from './flags.ts'
import { failure } from './failure.ts'
import { shownComponents, shownEmbeds, uploads } from './media.ts'
import { notified, readMentions } from './mentions.ts'
import { isThread, tell, timestamp, type Channel, type Message, type State } from './state.ts'
import { joinThread, touchThread } from './threads.ts'
import { invalidForm } from './validate/faults.ts'

/** The parts of a message body that this server acts on, after validate/message.ts has checked them. */
export interface MessageBody {
  content?: string | null
  embeds?: APIEmbed[] | null
  components?: Component[] | null
  flags?: number | null
  attachments?: { id: string | number; filename?: string; description?: string | null }[] | null
  allowed_mentions?: APIAllowedMentions | null
  nonce?: string | number | null
  enforce_nonce?: boolean
  tts?: boolean
  message_reference?: { message_id: string; channel_id?: string; fail_if_not_exists?: boolean; type?: number } | null
}

export type Files = ReadonlyMap<string, IncomingFile>

export interface Draft {
  channel: Channel
  author: APIUser
  body: MessageBody
  files?: Files
  onlyFor?: string | null
  token?: string | null
  /** The bot has deferred: there is nothing to read yet. */
  thinking?: boolean
  /** Fields that depend on where the message comes from: type, interaction_metadata, webhook_id … */
  extra?: Partial<ShownMessage>
}

/** Flags a sender may set; the rest is Discord's own. */
const SETTABLE = MessageFlags.SuppressEmbeds | MessageFlags.SuppressNotifications | MessageFlags.IsComponentsV2

/** Writes a message, tells everyone who sees it, and notifies whom it mentions. */
export function createMessage(
  state: State,
  { channel, author, body, files, onlyFor = null, token = null, thinking = false, extra }: Draft,
): Message {
  const id = state.nextId()
  const attachments = uploads(state, channel, body, files ?? new Map())
  const replied = repliedTo(state, channel, body)
  const shown: ShownMessage = {
    id,
    type: replied === null ? MessageType.Default : MessageType.Reply,
    channel_id: channel.id,
    author,
    content: (body.content ?? '').trim(),
    timestamp: timestamp(state),
    edited_timestamp: null,
    tts: body.tts ?? false,
    mention_everyone: false,
    mentions: [],
    mention_roles: [],
    attachments,
    embeds: shownEmbeds(body.embeds ?? [], attachments),
    components: shownComponents(body.components ?? [], attachments),
    pinned: false,
    ...(body.nonce === undefined || body.nonce === null ? {} : { nonce: body.nonce }),
    ...(replied === null
      ? {}
      : {
          message_reference: {
            type: MessageReferenceType.Default,
            message_id: replied.id,
            channel_id: channel.id,
            guild_id: state.guild.id,
          },
          referenced_message: replied,
        }),
    ...(thinking ? { thinking } : {}),
    ...extra,
  }
  const own = (onlyFor === null ? 0 : MessageFlags.Ephemeral) | (thinking ? MessageFlags.Loading : 0)
  setFlags(shown, ((body.flags ?? 0) & SETTABLE) | own)
  const message: Message = { shown, onlyFor, token }
  mention(state, message, { allowed: body.allowed_mentions ?? null, channel, replied: replied?.author.id ?? null })
  inChannel(state, channel.id).set(id, message)
  if (onlyFor === null) {
    channel.last_message_id = id
    if (isThread(channel)) touchThread(state, channel)
  }
  tell(state, { is: 'message created', message })
  if (!thinking) notify(state, message, channel)
  return message
}

/** Changes what the body names and leaves the rest. `attachments` lists what is kept; without it all are. */
export function editMessage(
  state: State,
  message: Message,
  { channel, body, files = new Map() }: { channel: Channel; body: MessageBody; files?: Files },
): Message {
  const { shown } = message
  const wasLoading = hasFlag(shown, MessageFlags.Loading)
  const listed = body.attachments ?? (body.attachments === null ? [] : null)
  const kept =
    listed === null
      ? shown.attachments
      : shown.attachments.flatMap((one) => {
          const entry = listed.find(({ id }) => String(id) === one.id)
          if (entry === undefined) return []
          return [entry.description ? { ...one, description: entry.description } : one]
        })
  const attachments = [...kept, ...uploads(state, channel, body, files)]

  for (const { id } of shown.attachments) if (!kept.some((one) => one.id === id)) state.attachments.delete(id)
  shown.attachments = attachments
  if (body.content !== undefined) shown.content = (body.content ?? '').trim()
  if (body.embeds !== undefined) shown.embeds = shownEmbeds(body.embeds ?? [], attachments)
  if (body.components !== undefined) shown.components = shownComponents(body.components ?? [], attachments)
  if (body.flags !== undefined && body.flags !== null) {
    const settable = MessageFlags.SuppressEmbeds | MessageFlags.IsComponentsV2
    const stays = (shown.flags ?? 0) & ~MessageFlags.SuppressEmbeds
    setFlags(shown, stays | (body.flags & settable))
  }
  if (body.content !== undefined || body.components !== undefined || body.allowed_mentions !== undefined) {
    mention(state, message, { allowed: body.allowed_mentions ?? null, channel })
  }
  if (wasLoading) {
    setFlags(shown, (shown.flags ?? 0) & ~MessageFlags.Loading)
    delete shown.thinking
  } else {
    shown.edited_timestamp = timestamp(state)
  }
  tell(state, { is: 'message updated', message })
  // The first edit of a deferred answer is when people get to see it; any later edit notifies nobody.
  if (wasLoading) notify(state, message, channel)
  return message
}

export function deleteMessage(state: State, message: Message, by: 'bot' | 'person'): void {
  const channel = state.channels.get(message.shown.channel_id)
  if (channel !== undefined && isThread(channel)) channel.message_count = Math.max(0, channel.message_count - 1)
  inChannel(state, message.shown.channel_id).delete(message.shown.id)
  for (const { id } of message.shown.attachments) state.attachments.delete(id)
  tell(state, { is: 'message deleted', message, by })
}

export function inChannel(state: State, channel: string): Map<string, Message> {
  const messages = state.messages.get(channel)
  if (messages === undefined) throw failure.unknownChannel()
  return messages
}

/** Texts a mention may stand in: the content and every text display. */
export function textsOf(shown: ShownMessage): string[] {
  const displays = flatten((shown.components ?? []) as Component[]).filter(
    ({ type }) => type === ComponentType.TextDisplay,
  )
  return [shown.content, ...displays.map((one) => one.content ?? '')]
}

function mention(
  state: State,
  { shown }: Message,
  {
    allowed,
    channel,
    replied = null,
  }: { allowed: APIAllowedMentions | null; channel: Channel; replied?: string | null },
): void {
  const found = readMentions(state, textsOf(shown), { allowed, author: shown.author.id, channel, replied })
  shown.mention_everyone = found.everyone
  shown.mention_roles = found.roles
  shown.mentions = found.users.flatMap((id) => state.members.get(id)?.user ?? [])
}

function notify(state: State, { shown, onlyFor }: Message, channel: Channel): void {
  if (onlyFor !== null) return
  const users = shown.mentions.map(({ id }) => id)
  // Being mentioned in a thread brings a person into it, silently or not.
  if (isThread(channel)) for (const id of users) joinThread(state, channel, id)
  if (hasFlag(shown, MessageFlags.SuppressNotifications)) return
  const mentions = { users, roles: shown.mention_roles, everyone: shown.mention_everyone }
  for (const person of notified(state, mentions, { author: shown.author.id, channel })) {
    state.pings.set(person, [...(state.pings.get(person) ?? []), shown])
  }
}

function repliedTo(state: State, channel: Channel, body: MessageBody): ShownMessage | null {
  const reference = body.message_reference
  if (reference === undefined || reference === null) return null
  const target = inChannel(state, channel.id).get(reference.message_id)
  if (target !== undefined && target.onlyFor === null) return target.shown
  if (reference.fail_if_not_exists === false) return null
  throw invalidForm([{ path: ['message_reference'], code: 'REPLIES_UNKNOWN_MESSAGE', message: 'Unknown message' }])
}
