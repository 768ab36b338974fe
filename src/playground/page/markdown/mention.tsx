import type { ComponentChildren } from 'preact'
import { isThread } from '../channels/ordering.ts'
import { HashIcon, ThreadIcon } from '../icons.tsx'
import { channelName, colourOf, nameOf, userOf } from '../names.ts'
import { usePage } from '../screen-context.ts'

export function Mention({ children, onClick }: { children: ComponentChildren; onClick?: () => void }) {
  if (!onClick) return <span class="mention">{children}</span>
  return (
    <button type="button" class="mention" onClick={onClick}>
      {children}
    </button>
  )
}

export function UserMention({ id }: { id: string }) {
  const { state } = usePage()
  const user = userOf(state, id)
  return <Mention>@{user ? nameOf(state, user) : 'unknown-user'}</Mention>
}

export function RoleMention({ id }: { id: string }) {
  const { state } = usePage()
  const role = state.roles.find((one) => one.id === id)
  const colour = colourOf(role?.color)
  return (
    <span class="mention" style={colour === null ? {} : { color: colour, backgroundColor: `${colour}22` }}>
      @{role?.name ?? 'unknown-role'}
    </span>
  )
}

export function ChannelMention({ id }: { id: string }) {
  const { state, openChannel } = usePage()
  const channel = state.channels.find((one) => one.id === id)
  if (!channel) return <Mention># unknown</Mention>
  return (
    <Mention onClick={() => openChannel(id)}>
      {isThread(channel) ? <ThreadIcon /> : <HashIcon />}
      {channelName(channel)}
    </Mention>
  )
}

export function CommandMention({ name }: { name: string }) {
  const { compose } = usePage()
  return <Mention onClick={() => compose(name)}>/{name}</Mention>
}
