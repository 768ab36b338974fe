import type { APIChannel } from 'discord-api-types/v10'
import type { Notice, ShownMessage, State } from '../protocol.ts'
import type { Place } from './place.ts'
import { unreadIn } from './reading.ts'
import { compareIds, isNewer } from './snowflake.ts'

/** A command that was sent and is not answered yet, or was answered with an error. Only its sender sees it. */
export interface SentCommand {
  id: number
  channel: string
  label: string
  /** null while the answer is waited for. */
  error: string | null
}

/** Everything the page shows. It changes only through `fold`. */
export interface Screen {
  connection: 'connecting' | 'open' | 'lost'
  /** null until the server has said how things stand. */
  state: State | null
  place: Place | null
  /** Person → channel → the newest message they have seen. */
  seen: Readonly<Record<string, Readonly<Record<string, string>>>>
  /** The message after which the "new" line stands, by channel: what was seen when it was opened; null if all was. */
  newAfter: Readonly<Record<string, string | null>>
  /** Channel → person → when they were last said to type, in ms. */
  typing: Readonly<Record<string, Readonly<Record<string, number>>>>
  sent: readonly SentCommand[]
}

export const emptyScreen: Screen = {
  connection: 'connecting',
  state: null,
  place: null,
  seen: {},
  newAfter: {},
  typing: {},
  sent: [],
}

/** What happens on the page itself, beside what the server says. */
export type PageEvent =
  | { page: 'connection'; connection: Screen['connection'] }
  | { page: 'go'; place: Place }
  /** The person has the newest message of a channel before their eyes. */
  | { page: 'seen'; channel: string }
  | { page: 'command sent'; sent: SentCommand }
  | { page: 'command answered'; id: number; error: string | null }
  | { page: 'command dismissed'; id: number }
  | { page: 'modal closed' }

/** The screen after something happened. `at` is the time in ms; only typing needs it. */
export function fold(screen: Screen, event: Notice | PageEvent, at: number): Screen {
  return 'say' in event ? foldNotice(screen, event, at) : foldPage(screen, event)
}

function foldNotice(screen: Screen, notice: Notice, at: number): Screen {
  if (notice.say === 'state') return arrive(screen, notice.state)
  const { state } = screen
  if (!state) return screen
  const next = (change: Partial<State>): Screen => ({ ...screen, state: { ...state, ...change } })

  switch (notice.say) {
    case 'message': {
      const { message } = notice
      const known = state.messages[message.channel_id] ?? []
      return {
        ...next({ messages: { ...state.messages, [message.channel_id]: placeMessage(known, message) } }),
        typing: stopTyping(screen.typing, message.channel_id, message.author.id),
      }
    }
    case 'message gone': {
      const kept = (state.messages[notice.channel] ?? []).filter(({ id }) => id !== notice.message)
      return next({ messages: { ...state.messages, [notice.channel]: kept } })
    }
    case 'channel':
      return next({ channels: replaceOrAdd(state.channels, notice.channel) })
    case 'channel gone': {
      const gone = notice.channel
      const channels = state.channels.filter(
        (one) => one.id !== gone && !('parent_id' in one && one.parent_id === gone),
      )
      return { ...next({ channels }), place: leave(screen.place, channels) }
    }
    case 'commands':
      return next({ commands: notice.commands })
    case 'bot': {
      const others = state.bots.filter(({ user }) => user.id !== notice.user.id)
      return next({ bots: [...others, { user: notice.user, online: notice.online }] })
    }
    case 'typing':
      return {
        ...screen,
        typing: { ...screen.typing, [notice.channel]: { ...screen.typing[notice.channel], [notice.user]: at } },
      }
    case 'modal':
      return next({ modal: notice.modal })
  }
}

function foldPage(screen: Screen, event: PageEvent): Screen {
  switch (event.page) {
    case 'connection':
      return { ...screen, connection: event.connection }
    case 'go':
      return go(screen, event.place)
    case 'seen':
      return see(screen, event.channel)
    case 'command sent':
      return { ...screen, sent: [...screen.sent, event.sent] }
    case 'command answered':
      return event.error === null
        ? { ...screen, sent: screen.sent.filter(({ id }) => id !== event.id) }
        : {
            ...screen,
            sent: screen.sent.map((sent) => (sent.id === event.id ? { ...sent, error: event.error } : sent)),
          }
    case 'command dismissed':
      return { ...screen, sent: screen.sent.filter(({ id }) => id !== event.id) }
    case 'modal closed':
      return screen.state ? { ...screen, state: { ...screen.state, modal: null } } : screen
  }
}

/** The whole state anew: at the start, after a reconnect, and when the person becomes another. */
function arrive(screen: Screen, state: State): Screen {
  const latest = Object.fromEntries(
    Object.entries(state.messages).flatMap(([channel, messages]) => {
      const last = messages.at(-1)
      return last ? [[channel, last.id]] : []
    }),
  )
  // What was there before the page was opened is not news to anyone.
  const seen = screen.state
    ? screen.seen
    : Object.fromEntries(state.people.map(({ user }) => [user.id, { ...latest, ...screen.seen[user.id] }]))
  const became = screen.state !== null && screen.state.me !== state.me
  return {
    ...screen,
    connection: 'open',
    state,
    seen,
    newAfter: became ? {} : screen.newAfter,
    sent: became ? [] : screen.sent,
    place: screen.place && leave(screen.place, state.channels),
  }
}

function go(screen: Screen, place: Place): Screen {
  const me = screen.state?.me
  let newAfter = screen.newAfter
  for (const channel of [place.channel, place.thread]) {
    if (me === undefined || channel === null) continue
    if (channel === screen.place?.channel || channel === screen.place?.thread) continue
    const unread = unreadIn(screen, channel, me).messages > 0
    newAfter = { ...newAfter, [channel]: unread ? (screen.seen[me]?.[channel] ?? '0') : null }
  }
  return { ...screen, place, newAfter }
}

function see(screen: Screen, channel: string): Screen {
  const me = screen.state?.me
  const last = screen.state?.messages[channel]?.at(-1)
  if (me === undefined || !last || !isNewer(last.id, screen.seen[me]?.[channel])) return screen
  return { ...screen, seen: { ...screen.seen, [me]: { ...screen.seen[me], [channel]: last.id } } }
}

/** Out of a channel or thread that is not there any more. */
function leave(place: Place | null, channels: readonly APIChannel[]): Place | null {
  const there = (id: string) => channels.some((channel) => channel.id === id)
  if (!place || !there(place.channel)) return null
  return place.thread !== null && !there(place.thread) ? { ...place, thread: null } : place
}

/** An edit takes the place of what it edits; a new message goes where its id belongs. */
function placeMessage(messages: readonly ShownMessage[], message: ShownMessage): ShownMessage[] {
  if (messages.some(({ id }) => id === message.id)) {
    return messages.map((one) => (one.id === message.id ? message : one))
  }
  const after = messages.findLastIndex(({ id }) => compareIds(id, message.id) < 0)
  return messages.toSpliced(after + 1, 0, message)
}

function replaceOrAdd(channels: readonly APIChannel[], channel: APIChannel): APIChannel[] {
  return channels.some(({ id }) => id === channel.id)
    ? channels.map((one) => (one.id === channel.id ? channel : one))
    : [...channels, channel]
}

function stopTyping(typing: Screen['typing'], channel: string, user: string): Screen['typing'] {
  const people = typing[channel]
  if (people?.[user] === undefined) return typing
  return { ...typing, [channel]: Object.fromEntries(Object.entries(people).filter(([id]) => id !== user)) }
}
