import { MessageFlags } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'
import { isThread } from '../channels/ordering.ts'
import { ThreadIcon } from '../icons.tsx'
import { describeMoment } from '../moment.ts'
import { channelName, nameOf } from '../names.ts'
import { unreadIn } from '../reading.ts'
import { usePage } from '../screen-context.ts'
import { gist } from './gist.ts'
import { sentAt } from './grouping.ts'

/** The box under a message that has a thread. */
export function ThreadLine({ message, now }: { message: ShownMessage; now: number }) {
  const { screen, state, openChannel } = usePage()
  const id = message.thread?.id ?? message.id
  const thread = state.channels.find((channel) => channel.id === id)
  if (!thread || !isThread(thread) || thread.id === message.channel_id) return null

  const messages = (state.messages[thread.id] ?? []).filter(({ flags = 0 }) => (flags & MessageFlags.Ephemeral) === 0)
  const last = messages.at(-1)
  const count = Math.max(messages.length, thread.message_count ?? 0)
  const unread = unreadIn(screen, thread.id, state.me)
  return (
    <button type="button" class="thread-line" onClick={() => openChannel(thread.id)}>
      <span class="thread-line-top">
        <ThreadIcon />
        <b>{channelName(thread)}</b>
        <span class="link">{count === 1 ? '1 message' : `${count} messages`} ›</span>
        {unread.pings > 0 && <span class="badge">{unread.pings}</span>}
      </span>
      <span class="thread-line-last">
        {last ? (
          <>
            <b>{nameOf(state, last.author)}</b> {gist(state, last)}{' '}
            <time>{describeMoment(sentAt(last), Math.max(now, sentAt(last)))}</time>
          </>
        ) : (
          'There are no messages in this thread yet.'
        )}
      </span>
    </button>
  )
}
