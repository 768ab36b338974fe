import {
  ChannelType,
  MessageFlags,
  type APIThreadMember,
  type ChannelFlags,
  ThreadAutoArchiveDuration,
  type ThreadMemberFlags,
} from 'discord-api-types/v10'
import { NO_FLAGS, setFlags } from './flags.ts'
import { failure } from './failure.ts'
import { isThread, tell, timestamp, type Message, type State, type TextChannel, type Thread } from './state.ts'

const MAX_ACTIVE = 1000

export interface ThreadBody {
  name: string
  type?: number | null
  auto_archive_duration?: ThreadAutoArchiveDuration | null
  rate_limit_per_user?: number | null
  invitable?: boolean | null
}

/** Opens a thread, from a message (it takes the message's id) or on its own. Its creator is its first member. */
export function createThread(
  state: State,
  { parent, owner, body, from = null }: { parent: TextChannel; owner: string; body: ThreadBody; from?: Message | null },
): Thread {
  if (from !== null && state.channels.has(from.shown.id)) throw failure.threadExists()
  if (activeThreads(state).length >= MAX_ACTIVE) throw failure.tooManyThreads()

  const type =
    from !== null || body.type === ChannelType.PublicThread ? ChannelType.PublicThread : ChannelType.PrivateThread
  const created = timestamp(state)
  const thread: Thread = {
    id: from?.shown.id ?? state.nextId(),
    type,
    guild_id: state.guild.id,
    parent_id: parent.id,
    owner_id: owner,
    name: body.name,
    last_message_id: null,
    last_pin_timestamp: null,
    rate_limit_per_user: body.rate_limit_per_user ?? 0,
    message_count: 0,
    member_count: 0,
    total_message_sent: 0,
    flags: NO_FLAGS as ChannelFlags,
    thread_metadata: {
      archived: false,
      archive_timestamp: created,
      auto_archive_duration: body.auto_archive_duration ?? ThreadAutoArchiveDuration.ThreeDays,
      locked: false,
      create_timestamp: created,
      ...(type === ChannelType.PrivateThread ? { invitable: body.invitable ?? true } : {}),
    },
  }
  state.channels.set(thread.id, thread)
  state.messages.set(thread.id, new Map())
  state.threadMembers.set(thread.id, new Map([[owner, membership(state, thread.id, owner)]]))
  thread.member_count = 1
  tell(state, { is: 'thread created', thread })
  if (from !== null) {
    setFlags(from.shown, (from.shown.flags ?? 0) | MessageFlags.HasThread)
    from.shown.thread = thread
    tell(state, { is: 'message updated', message: from })
  }
  return thread
}

export function activeThreads(state: State): Thread[] {
  return [...state.channels.values()].filter(isThread).filter((one) => !one.thread_metadata.archived)
}

export function joinThread(state: State, thread: Thread, user: string): void {
  const members = state.threadMembers.get(thread.id)
  if (members === undefined || members.has(user)) return
  const member = membership(state, thread.id, user)
  members.set(user, member)
  thread.member_count = members.size
  tell(state, { is: 'thread member', thread, member, event: 'joined' })
}

export function leaveThread(state: State, thread: Thread, user: string): void {
  const members = state.threadMembers.get(thread.id)
  const member = members?.get(user)
  if (members === undefined || member === undefined) return
  members.delete(user)
  thread.member_count = members.size
  tell(state, { is: 'thread member', thread, member, event: 'left' })
}

/** A new message counts, and brings an archived thread back. */
export function touchThread(state: State, thread: Thread): void {
  thread.message_count += 1
  thread.total_message_sent += 1
  if (!thread.thread_metadata.archived) return
  setArchived(state, thread, false)
  tell(state, { is: 'thread updated', thread })
}

/** Archives the threads in which nothing has happened for as long as they were given. */
export function archiveIdle(state: State): void {
  for (const thread of activeThreads(state)) {
    const { archive_timestamp, auto_archive_duration } = thread.thread_metadata
    const last = [...(state.messages.get(thread.id)?.values() ?? [])].at(-1)?.shown.timestamp ?? archive_timestamp
    if (state.now() - Date.parse(last) < auto_archive_duration * 60_000) continue
    setArchived(state, thread, true)
    tell(state, { is: 'thread updated', thread })
  }
}

/** Sets the flag and its time; the caller tells. */
export function setArchived(state: State, thread: Thread, archived: boolean): void {
  thread.thread_metadata.archived = archived
  thread.thread_metadata.archive_timestamp = timestamp(state)
}

function membership(state: State, thread: string, user: string): APIThreadMember {
  return { id: thread, user_id: user, join_timestamp: timestamp(state), flags: NO_FLAGS as ThreadMemberFlags }
}
