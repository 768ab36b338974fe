import type { APIReaction } from 'discord-api-types/v10'
import { failure } from './failure.ts'
import { tell, type Message, type State } from './state.ts'

const MAX_DISTINCT = 20

export function react(state: State, message: Message, user: string, emoji: string): void {
  if (!/^(\p{Extended_Pictographic}|\p{Emoji_Component}|\p{Emoji})+$|^\w+:\d+$/u.test(emoji))
    throw failure.unknownEmoji()
  const ofMessage = state.reactors.get(message.shown.id) ?? new Map<string, Set<string>>()
  state.reactors.set(message.shown.id, ofMessage)
  if (!ofMessage.has(emoji) && ofMessage.size >= MAX_DISTINCT) throw failure.tooManyReactions()
  const users = ofMessage.get(emoji) ?? new Set<string>()
  ofMessage.set(emoji, users)
  if (users.has(user)) return
  users.add(user)
  count(state, message)
  tell(state, { is: 'reactions', message, event: 'add', user, emoji })
}

/** False where that person had not reacted so. */
export function unreact(state: State, message: Message, user: string, emoji: string): boolean {
  const ofMessage = state.reactors.get(message.shown.id)
  const users = ofMessage?.get(emoji)
  if (ofMessage === undefined || users?.delete(user) !== true) return false
  if (users.size === 0) ofMessage.delete(emoji)
  count(state, message)
  tell(state, { is: 'reactions', message, event: 'remove', user, emoji })
  return true
}

function count(state: State, { shown }: Message): void {
  shown.reactions = [...(state.reactors.get(shown.id) ?? [])].map(([name, users]): APIReaction => ({
    emoji: { id: null, name },
    count: users.size,
    count_details: { normal: users.size, burst: 0 },
    me: users.has(state.bot.id),
    me_burst: false,
    burst_colors: [],
  }))
}
