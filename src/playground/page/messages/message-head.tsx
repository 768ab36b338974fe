import type { ShownMessage } from '../../protocol.ts'
import { describeSent, formatMoment } from '../moment.ts'
import { nameColour, nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import { sentAt } from './grouping.ts'

export function MessageHead({ message, now }: { message: ShownMessage; now: number }) {
  const { state } = usePage()
  const colour = nameColour(state, message.author.id)
  return (
    <header class="message-head">
      <span class="message-author" style={colour ? { color: colour } : {}}>
        {nameOf(state, message.author)}
      </span>
      {message.author.bot && <span class="app-tag">APP</span>}
      <time dateTime={message.timestamp} title={formatMoment(sentAt(message), 'F')}>
        {describeSent(sentAt(message), now)}
      </time>
    </header>
  )
}
