import { EventEmitter } from 'node:events'
import type {
  APIApplicationCommand,
  APIGuildMember,
  APIOverwrite,
  APIRole,
  APITextChannel,
  APIThreadChannel,
  APIThreadMember,
  APIUser,
} from 'discord-api-types/v10'
import type { OpenModal, ShownMessage } from '../protocol.ts'
import type { StoredAttachment } from './attachments.ts'
import type { Change } from './changes.ts'
import type { Interaction } from './interactions.ts'
import { createSnowflakes } from './snowflake.ts'

export type TextChannel = APITextChannel & { guild_id: string; permission_overwrites: APIOverwrite[] }
export type Thread = APIThreadChannel & {
  guild_id: string
  parent_id: string
  owner_id: string
  thread_metadata: NonNullable<APIThreadChannel['thread_metadata']>
  message_count: number
  member_count: number
  total_message_sent: number
}
export type Channel = TextChannel | Thread

export interface Message {
  /** What Discord would send for it. */
  shown: ShownMessage
  /** The one person an ephemeral message is for. */
  onlyFor: string | null
  /** Token of the interaction it answers; only that token may edit an ephemeral message. */
  token: string | null
}

export type Member = APIGuildMember & { user: APIUser }

/** Everything the local Discord knows. In memory: it ends with the process. */
export interface State {
  readonly now: () => number
  readonly nextId: () => string
  /** How long a bot has to answer an interaction; Discord's is 3 s. */
  readonly deadlineMs: number
  /** Privileged gateway intents that the application was given. */
  readonly privilegedIntents: number
  /** Base of attachment and avatar addresses, such as `http://127.0.0.1:8642`. Known once the server listens. */
  origin: string
  readonly token: string
  readonly guild: { readonly id: string; readonly name: string; readonly ownerId: string }
  readonly applicationId: string
  readonly bot: APIUser
  readonly roles: Map<string, APIRole>
  readonly members: Map<string, Member>
  readonly channels: Map<string, Channel>
  /** Thread id → user id → membership. */
  readonly threadMembers: Map<string, Map<string, APIThreadMember>>
  /** Channel id → message id → message, oldest first. */
  readonly messages: Map<string, Map<string, Message>>
  readonly attachments: Map<string, StoredAttachment>
  readonly commands: Map<string, APIApplicationCommand>
  /** Message id → emoji → who reacted. */
  readonly reactors: Map<string, Map<string, Set<string>>>
  /** By token. */
  readonly interactions: Map<string, Interaction>
  /** The modal each person has open. */
  readonly modals: Map<string, OpenModal & { opener: Interaction }>
  /** Who was notified by which message: person id → messages, oldest first. */
  readonly pings: Map<string, ShownMessage[]>
  readonly changes: EventEmitter<{ change: [Change] }>
  /** Aborts when the server closes. */
  readonly signal: AbortSignal
}

/** An empty world; `seed.ts` puts the guild and its people in. */
export function createState(
  now: () => number,
  ids: Pick<State, 'guild' | 'applicationId' | 'bot' | 'token' | 'signal' | 'deadlineMs' | 'privilegedIntents'>,
): State {
  return {
    ...ids,
    now,
    nextId: createSnowflakes(now),
    origin: '',
    roles: new Map(),
    members: new Map(),
    channels: new Map(),
    threadMembers: new Map(),
    messages: new Map(),
    attachments: new Map(),
    commands: new Map(),
    reactors: new Map(),
    interactions: new Map(),
    modals: new Map(),
    pings: new Map(),
    changes: new EventEmitter<{ change: [Change] }>().setMaxListeners(0),
  }
}

export function isThread(channel: Channel): channel is Thread {
  return 'thread_metadata' in channel
}

/** The clock as Discord writes it. */
export function timestamp(state: State): string {
  return new Date(state.now()).toISOString()
}

export function tell(state: State, change: Change): void {
  state.changes.emit('change', change)
}
