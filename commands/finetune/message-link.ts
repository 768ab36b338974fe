import {
  ChannelType,
  type Client,
  type GuildMember,
  type GuildTextBasedChannel,
  type Message,
  PermissionFlagsBits,
} from 'discord.js'
import { UserError } from '../../src/user-error.ts'

export interface MessageLink {
  guild: string
  channel: string
  message: string
}

/** What *Copy Message Link* gives, from any of Discord's clients; null for anything else. */
export function readMessageLink(written: string): MessageLink | null {
  const found =
    /^<?https?:\/\/[\w.:-]{1,100}\/channels\/(?<guild>\d{15,21})\/(?<channel>\d{15,21})\/(?<message>\d{15,21})\/?>?$/.exec(
      written.trim(),
    )?.groups
  if (!found) return null
  const { guild = '', channel = '', message = '' } = found
  return { guild, channel, message }
}

/**
 * The message behind a link. Nobody reads through the bot what they may not read themselves: the person and the bot must
 * both see the channel. Throws UserError, with the same words for a channel that is not there and one that is hidden.
 */
export async function linkedMessage(
  client: Client<true>,
  { link, member }: { link: MessageLink; member: GuildMember },
): Promise<Message> {
  const channel = link.guild === member.guild.id ? await findChannel(client, link.channel) : null
  if (!channel || !(await maySee(channel, member))) {
    throw linkLeadsNowhere()
  }
  if (channel.permissionsFor(client.user)?.has(READ) !== true) {
    throw new UserError(
      `I may not read <#${channel.id}>.`,
      'Allow me *View Channel* and *Read Message History* there, or paste the text.',
    )
  }
  const message = await channel.messages.fetch({ message: link.message, force: true }).catch(() => null)
  if (!message) throw new UserError(`There is no such message in <#${channel.id}>.`, 'It may have been deleted.')
  if (isBlank(message)) {
    throw new UserError(
      'Discord shows me that message without its text.',
      'Open the menu of the message, then Apps, then *Explain this error*; or paste the text.',
    )
  }
  return message
}

export function linkLeadsNowhere(): UserError {
  return new UserError(
    'That link leads to no message of this server that you can see.',
    'In the menu of the message, *Copy Message Link* gives the link.',
  )
}

const READ = [PermissionFlagsBits.ViewChannel, PermissionFlagsBits.ReadMessageHistory]

async function findChannel(client: Client<true>, id: string): Promise<GuildTextBasedChannel | null> {
  const channel = await client.channels.fetch(id).catch(() => null)
  return channel && channel.isTextBased() && !channel.isDMBased() ? channel : null
}

async function maySee(channel: GuildTextBasedChannel, member: GuildMember): Promise<boolean> {
  if (channel.guild.id !== member.guild.id || !channel.permissionsFor(member).has(READ)) return false
  if (channel.type !== ChannelType.PrivateThread) return true
  if (channel.permissionsFor(member).has(PermissionFlagsBits.ManageThreads)) return true
  return (await channel.members.fetch(member.id).catch(() => null)) !== null
}

/** Without the intent for message content Discord leaves out what others wrote. */
function isBlank({ content, attachments, embeds, components }: Message): boolean {
  return content === '' && attachments.size === 0 && embeds.length === 0 && components.length === 0
}
