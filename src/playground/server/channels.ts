import { MessageFlags, type APIOverwrite, type ThreadAutoArchiveDuration } from 'discord-api-types/v10'
import { setFlags } from './flags.ts'
import { isThread, tell, type Channel, type State } from './state.ts'
import { setArchived } from './threads.ts'

export interface ChannelBody {
  name?: string
  topic?: string | null
  rate_limit_per_user?: number | null
  permission_overwrites?: APIOverwrite[]
  archived?: boolean
  locked?: boolean
  invitable?: boolean
  auto_archive_duration?: ThreadAutoArchiveDuration
}

export function updateChannel(state: State, channel: Channel, body: ChannelBody): Channel {
  if (body.name !== undefined) channel.name = body.name
  if (body.rate_limit_per_user !== undefined) channel.rate_limit_per_user = body.rate_limit_per_user ?? 0
  if (isThread(channel)) {
    const meta = channel.thread_metadata
    if (body.auto_archive_duration !== undefined) meta.auto_archive_duration = body.auto_archive_duration
    if (body.locked !== undefined) meta.locked = body.locked
    if (body.invitable !== undefined) meta.invitable = body.invitable
    if (body.archived !== undefined) setArchived(state, channel, body.archived)
    tell(state, { is: 'thread updated', thread: channel })
  } else {
    if (body.topic !== undefined) channel.topic = body.topic
    if (body.permission_overwrites !== undefined) channel.permission_overwrites = body.permission_overwrites
    tell(state, { is: 'channel updated', channel })
  }
  return channel
}

/** A channel takes its threads with it. */
export function deleteChannel(state: State, channel: Channel): void {
  const threads = [...state.channels.values()].filter(isThread).filter((one) => one.parent_id === channel.id)
  for (const one of [...threads, channel]) {
    state.channels.delete(one.id)
    state.messages.delete(one.id)
    state.threadMembers.delete(one.id)
  }
  if (!isThread(channel)) {
    tell(state, { is: 'channel deleted', channel })
    return
  }
  tell(state, { is: 'thread deleted', thread: channel })
  const starter = state.messages.get(channel.parent_id)?.get(channel.id)
  if (starter === undefined) return
  delete starter.shown.thread
  setFlags(starter.shown, (starter.shown.flags ?? 0) & ~MessageFlags.HasThread)
  tell(state, { is: 'message updated', message: starter })
}
