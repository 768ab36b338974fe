import type { State, ShownMessage } from '../protocol.ts'
import type { Screen } from './store.ts'
import { isNewer } from './snowflake.ts'

/** Whether a message pings a person. The server has already applied allowed_mentions; this only reads what it left. */
export function pings(state: State, message: ShownMessage, person: string): boolean {
  if (message.author.id === person) return false
  if (message.mention_everyone || message.mentions.some(({ id }) => id === person)) return true
  const roles = state.people.find(({ user }) => user.id === person)?.member.roles ?? []
  return message.mention_roles.some((role) => roles.includes(role))
}

export interface Unread {
  /** Messages by others that the person has not seen. */
  messages: number
  /** How many of them ping. */
  pings: number
}

export const nothingUnread: Unread = { messages: 0, pings: 0 }

export function unreadIn(screen: Screen, channel: string, person: string): Unread {
  const { state } = screen
  const messages = state?.messages[channel]
  if (!state || !messages) return nothingUnread
  const seen = screen.seen[person]?.[channel]
  const fresh = messages.filter((message) => message.author.id !== person && isNewer(message.id, seen))
  return { messages: fresh.length, pings: fresh.filter((message) => pings(state, message, person)).length }
}

/** How often a person was pinged anywhere since they last looked. */
export function pingsOf(screen: Screen, person: string): number {
  return Object.keys(screen.state?.messages ?? {}).reduce(
    (sum, channel) => sum + unreadIn(screen, channel, person).pings,
    0,
  )
}
