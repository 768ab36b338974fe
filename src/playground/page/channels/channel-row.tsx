import type { APIChannel } from 'discord-api-types/v10'
import { HashIcon } from '../icons.tsx'
import { channelName } from '../names.ts'
import { unreadIn } from '../reading.ts'
import { usePage } from '../screen-context.ts'
import { isThread } from './ordering.ts'

export function ChannelRow({ channel }: { channel: APIChannel }) {
  const { screen, state, openChannel } = usePage()
  const thread = isThread(channel)
  const open = thread ? screen.place?.thread === channel.id : screen.place?.channel === channel.id
  const unread = unreadIn(screen, channel.id, state.me)
  const look = ['channel-row']
  if (open && (thread || screen.place?.thread === null)) look.push('channel-open')
  if (unread.messages > 0) look.push('channel-unread')
  const said = [
    channelName(channel),
    unread.pings > 0 ? `${unread.pings} mentions` : unread.messages > 0 ? 'unread' : '',
  ]
  return (
    <button
      type="button"
      class={look.join(' ')}
      aria-label={said.filter(Boolean).join(', ')}
      aria-current={open ? 'page' : undefined}
      onClick={() => openChannel(channel.id)}
    >
      {!thread && <HashIcon />}
      <span class="channel-row-name">{channelName(channel)}</span>
      {unread.pings > 0 && <span class="badge">{unread.pings}</span>}
    </button>
  )
}
