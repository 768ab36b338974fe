import type { APIThreadMember } from 'discord-api-types/v10'
import type { OpenModal } from '../protocol.ts'
import type { Interaction } from './interactions.ts'
import type { Channel, Message, TextChannel, Thread } from './state.ts'

/** What happened in the world. The gateway tells it to bots, the client socket to pages, actors wait on it. */
export type Change =
  | { is: 'message created' | 'message updated'; message: Message }
  | { is: 'message deleted'; message: Message; by: 'bot' | 'person' }
  | {
      is: 'reactions'
      message: Message
      event: 'add' | 'remove' | 'remove all' | 'remove emoji'
      user: string
      emoji: string
    }
  | { is: 'pins'; channel: Channel; at: string | null }
  | { is: 'channel created' | 'channel updated' | 'channel deleted'; channel: TextChannel }
  | { is: 'thread created' | 'thread updated' | 'thread deleted'; thread: Thread }
  | { is: 'thread member'; thread: Thread; member: APIThreadMember; event: 'joined' | 'left' }
  | { is: 'typing'; channel: Channel; user: string }
  | { is: 'commands' }
  | { is: 'interaction'; interaction: Interaction }
  | { is: 'modal'; person: string; modal: OpenModal | null }
  | { is: 'bot'; online: boolean }
