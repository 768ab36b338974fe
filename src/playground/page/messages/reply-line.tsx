import type { ShownMessage } from '../../protocol.ts'
import { Avatar } from '../avatar.tsx'
import { nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import { gist } from './gist.ts'

export function ReplyLine({ message }: { message: ShownMessage }) {
  const { state } = usePage()
  const to = message.referenced_message
  if (!to) return <div class="above-line">Original message was deleted</div>
  return (
    <div class="above-line">
      <Avatar user={to.author} size={16} />
      <span class="above-text">
        <b>{nameOf(state, to.author)}</b> {gist(state, to)}
      </span>
    </div>
  )
}
