import { type APIChannel, type APIThreadChannel, ChannelType } from 'discord-api-types/v10'

export function isThread(channel: APIChannel): channel is APIThreadChannel {
  return (
    channel.type === ChannelType.PublicThread ||
    channel.type === ChannelType.PrivateThread ||
    channel.type === ChannelType.AnnouncementThread
  )
}

/** Channels that hold messages, in the order the server keeps them. */
export function textChannels(channels: readonly APIChannel[]): APIChannel[] {
  const positionOf = (channel: APIChannel) => ('position' in channel ? channel.position : 0)
  return channels
    .filter(({ type }) => type === ChannelType.GuildText || type === ChannelType.GuildAnnouncement)
    .sort((a, b) => positionOf(a) - positionOf(b))
}

/** The open threads of a channel, newest first. Archived ones are left out, except one that is being read. */
export function threadsOf(channels: readonly APIChannel[], parent: string, reading: string | null): APIThreadChannel[] {
  return channels
    .filter(isThread)
    .filter((thread) => thread.parent_id === parent)
    .filter((thread) => thread.id === reading || thread.thread_metadata?.archived !== true)
    .sort((a, b) => (a.id.length === b.id.length ? (a.id < b.id ? 1 : -1) : b.id.length - a.id.length))
}
