import {
  type APIMessage,
  type APIThreadChannel,
  ChannelType,
  type REST,
  type RESTPatchAPIChannelJSONBody,
  type RESTPatchAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessageJSONBody,
  type RESTPostAPIChannelMessagesThreadsJSONBody,
  type RESTPostAPIChannelThreadsJSONBody,
  Routes,
  ThreadAutoArchiveDuration,
} from 'discord.js'
import type { Card } from '../cards/layout.ts'

/**
 * Messages by the bot's own token. Interaction tokens die after 15 minutes and a run lives longer, so everything about
 * a run goes this way. Nothing pings unless `ping` names a person.
 */
export async function sendCard(
  rest: REST,
  { channel_id, card, nonce, ping = null }: { channel_id: string; card: Card; nonce: string; ping?: string | null },
): Promise<APIMessage> {
  const body: RESTPostAPIChannelMessageJSONBody = {
    ...card,
    nonce,
    enforce_nonce: true,
    allowed_mentions: ping === null ? { parse: [] } : { parse: [], users: [ping] },
  }
  return (await rest.post(Routes.channelMessages(channel_id), { body })) as APIMessage
}

export async function editCard(
  rest: REST,
  { channel_id, message_id, card }: { channel_id: string; message_id: string; card: Card },
): Promise<void> {
  const body: RESTPatchAPIChannelMessageJSONBody = { ...card, allowed_mentions: { parse: [] } }
  await rest.patch(Routes.channelMessage(channel_id, message_id), { body })
}

/** Messages of a channel after a moment, oldest first. */
export async function messagesSince(
  rest: REST,
  { channel_id, since }: { channel_id: string; since: Date },
): Promise<APIMessage[]> {
  const query = new URLSearchParams({ limit: '50', after: String(snowflakeAt(since)) })
  return ((await rest.get(Routes.channelMessages(channel_id), { query })) as APIMessage[]).reverse()
}

const A_DAY = ThreadAutoArchiveDuration.OneDay

/** Opens the thread of a message; its id is the message's. */
export async function openThreadOf(
  rest: REST,
  { channel_id, message_id, name }: { channel_id: string; message_id: string; name: string },
): Promise<string> {
  const body: RESTPostAPIChannelMessagesThreadsJSONBody = { name, auto_archive_duration: A_DAY }
  return ((await rest.post(Routes.threads(channel_id, message_id), { body })) as APIThreadChannel).id
}

/** Opens a thread that hangs on no message. */
export async function openThread(
  rest: REST,
  { channel_id, name }: { channel_id: string; name: string },
): Promise<string> {
  // Without a type Discord makes a private one.
  const body: RESTPostAPIChannelThreadsJSONBody = { name, type: ChannelType.PublicThread, auto_archive_duration: A_DAY }
  return ((await rest.post(Routes.threads(channel_id), { body })) as APIThreadChannel).id
}

export async function setArchived(
  rest: REST,
  { thread_id, archived }: { thread_id: string; archived: boolean },
): Promise<void> {
  const body: RESTPatchAPIChannelJSONBody = { archived }
  await rest.patch(Routes.channel(thread_id), { body })
}

const DISCORD_EPOCH_MS = 1_420_070_400_000n

/** The smallest id that Discord may give at a moment. */
function snowflakeAt(moment: Date): bigint {
  return (BigInt(moment.getTime()) - DISCORD_EPOCH_MS) << 22n
}
