import { useState } from 'preact/hooks'
import { Avatar } from './avatar.tsx'
import { CloseIcon } from './icons.tsx'
import { gist } from './messages/gist.ts'
import { channelName, nameOf } from './names.ts'
import { pings } from './reading.ts'
import { usePage } from './screen-context.ts'
import { compareIds, isNewer } from './snowflake.ts'

/** "finetune mentioned you in …", for the newest ping that was not seen yet and is not on the screen. */
export function PingNotice() {
  const { screen, state, openChannel } = usePage()
  const [closed, setClosed] = useState('0')
  const seen = screen.seen[state.me] ?? {}
  const newest = Object.entries(state.messages)
    .filter(([channel]) => channel !== screen.place?.channel && channel !== screen.place?.thread)
    .flatMap(([channel, messages]) => messages.filter(({ id }) => isNewer(id, seen[channel]) && isNewer(id, closed)))
    .filter((message) => pings(state, message, state.me))
    .sort((a, b) => compareIds(a.id, b.id))
    .at(-1)
  if (!newest) return null

  const channel = state.channels.find(({ id }) => id === newest.channel_id)
  return (
    <div class="ping-notice" role="status">
      <button type="button" class="ping-words" onClick={() => openChannel(newest.channel_id)}>
        <Avatar user={newest.author} size={40} />
        <span>
          <b>
            {nameOf(state, newest.author)} mentioned you in {channelName(channel)}
          </b>
          <small>{gist(state, newest)}</small>
        </span>
      </button>
      <button type="button" class="icon-button" aria-label="Close" onClick={() => setClosed(newest.id)}>
        <CloseIcon />
      </button>
    </div>
  )
}
