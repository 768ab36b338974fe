import { MessageType } from 'discord-api-types/v10'
import type { ShownMessage } from '../../protocol.ts'
import { ThreadIcon } from '../icons.tsx'
import { describeSent } from '../moment.ts'
import { nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import { sentAt } from './grouping.ts'

/** A line that Discord itself writes into a channel. */
export function NoteLine({ message, now }: { message: ShownMessage; now: number }) {
  const { state, openChannel } = usePage()
  const thread = message.type === MessageType.ThreadCreated ? message.message_reference?.channel_id : undefined
  return (
    <li class="note-line" data-message={message.id}>
      <ThreadIcon />
      <span>
        <b>{nameOf(state, message.author)}</b> {message.type === MessageType.ThreadCreated ? 'started a thread: ' : ''}
        {thread === undefined ? (
          message.content || noteOf(message.type)
        ) : (
          <button type="button" class="link" onClick={() => openChannel(thread)}>
            {message.content}
          </button>
        )}{' '}
        <time dateTime={message.timestamp}>{describeSent(sentAt(message), now)}</time>
      </span>
    </li>
  )
}

function noteOf(type: MessageType): string {
  if (type === MessageType.ChannelPinnedMessage) return 'pinned a message to this channel.'
  if (type === MessageType.ChannelNameChange) return 'changed the name of this thread.'
  if (type === MessageType.RecipientAdd) return 'added someone to the thread.'
  if (type === MessageType.UserJoin) return 'joined the server.'
  return 'did something in this channel.'
}
