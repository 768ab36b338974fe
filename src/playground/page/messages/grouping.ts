import { MessageType } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'
import { sameDay } from '../moment.ts'

const groupMs = 7 * 60_000

export const sentAt = (message: ShownMessage): number => Date.parse(message.timestamp)

/** Whether a message stands under the one before it without a head of its own, as Discord groups them. */
export function continues(message: ShownMessage, before: ShownMessage | undefined): boolean {
  if (!before || before.author.id !== message.author.id) return false
  if (message.interaction_label !== undefined || message.message_reference || message.type === MessageType.Reply) {
    return false
  }
  if (isNote(message) || isNote(before)) return false
  const [at, last] = [sentAt(message), sentAt(before)]
  return at - last < groupMs && sameDay(at, last)
}

export function startsDay(message: ShownMessage, before: ShownMessage | undefined): boolean {
  return !before || !sameDay(sentAt(message), sentAt(before))
}

/** Lines that Discord writes itself, such as "started a thread". */
export function isNote(message: ShownMessage): boolean {
  return ![
    MessageType.Default,
    MessageType.Reply,
    MessageType.ChatInputCommand,
    MessageType.ContextMenuCommand,
    MessageType.ThreadStarterMessage,
  ].includes(message.type)
}
