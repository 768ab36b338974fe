import { GatewayIntentBits as Intent } from 'discord-api-types/v10'
import type { ShownMessage } from '../protocol.ts'
import type { State } from './state.ts'

/**
 * A message as the bot may read it. Without the privileged intent for message content it reads what it wrote itself and
 * what mentions it; of anything else the content, embeds, attachments and components are left out.
 */
export function readable(state: State, shown: ShownMessage, intents = state.privilegedIntents): ShownMessage {
  if ((intents & Intent.MessageContent) !== 0) return shown
  const { bot } = state
  const own = shown.author.id === bot.id || shown.mentions.some(({ id }) => id === bot.id)
  const answered = shown.referenced_message
  return {
    ...shown,
    ...(own ? {} : { content: '', embeds: [], attachments: [], components: [] }),
    ...(answered ? { referenced_message: readable(state, answered, intents) } : {}),
  }
}
