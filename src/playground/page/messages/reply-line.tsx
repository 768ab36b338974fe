import type { ShownMessage } from '../../protocol.ts'
import { Avatar } from '../avatar.tsx'
import { nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import { gist } from './gist.ts'

export function ReplyLine({ message }: { message: ShownMessage }) {
  const { state } = usePage()
  const { channel_id: channel, message_id: id } = message.message_reference ?? {}
  const known =
    id === undefined ? undefined : state.messages[channel ?? message.channel_id]?.find((one) => one.id === id)
  const to = known ?? message.referenced_message
  // null says that it was deleted; not there says nothing.
  if (to === undefined) return null
  if (to === null) return <div class="above-line">Original message was deleted</div>
  return (
    <div class="above-line">
      <Avatar user={to.author} size={16} />
      <span class="above-text">
        <b>{nameOf(state, to.author)}</b> {gist(state, to)}
      </span>
    </div>
  )
}
