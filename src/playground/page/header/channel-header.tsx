import type { APIChannel } from 'discord-api-types/v10'
import { HashIcon, MenuIcon, PeopleIcon } from '../icons.tsx'
import { channelName } from '../names.ts'

export function ChannelHeader({
  channel,
  drawer,
  members,
  onDrawer,
  onMembers,
}: {
  channel: APIChannel
  drawer: boolean
  members: boolean
  onDrawer: () => void
  onMembers: () => void
}) {
  return (
    <header class="channel-header">
      <button
        type="button"
        class="icon-button drawer-button"
        aria-label="Channels"
        aria-expanded={drawer}
        onClick={onDrawer}
      >
        <MenuIcon />
      </button>
      <HashIcon />
      <h2>{channelName(channel)}</h2>
      {'topic' in channel && channel.topic && <p class="topic">{channel.topic}</p>}
      <button
        type="button"
        class="icon-button members-button"
        aria-label={members ? 'Hide member list' : 'Show member list'}
        aria-pressed={members}
        onClick={onMembers}
      >
        <PeopleIcon />
      </button>
    </header>
  )
}
