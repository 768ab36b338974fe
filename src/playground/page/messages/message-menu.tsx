import { ApplicationCommandType } from 'discord-api-types/v10'
import { useRef } from 'preact/hooks'
import type { ShownMessage } from '../../protocol.ts'
import { Floating } from '../floating.tsx'
import { AppsIcon, CopyIcon, DotsIcon, ThreadIcon, TrashIcon } from '../icons.tsx'
import { Menu, MenuItem, MenuTitle } from '../menu.tsx'
import { usePage } from '../screen-context.ts'
import { gist } from './gist.ts'
import { messageText } from './message-text.ts'

export type MenuPlace = Element | { x: number; y: number }

/** What floats over a message under the pointer, or while the keyboard is in it. */
export function MessageToolbar({ open }: { open: (place: MenuPlace) => void }) {
  const button = useRef<HTMLButtonElement>(null)
  return (
    <div class="message-toolbar">
      <button
        ref={button}
        type="button"
        class="icon-button"
        aria-label="More"
        aria-haspopup="menu"
        onClick={() => button.current && open(button.current)}
      >
        <DotsIcon />
      </button>
    </div>
  )
}

export function MessageMenu({
  message,
  place,
  onClose,
}: {
  message: ShownMessage
  place: MenuPlace
  onClose: () => void
}) {
  const { screen, state, ask, tell, openChannel } = usePage()
  const apps = state.commands.filter(({ type }) => type === ApplicationCommandType.Message)
  const thread = state.channels.find(({ id }) => id === message.id || id === message.thread?.id)
  const where = { channel: message.channel_id, message: message.id }

  const run = async (name: string) => {
    const id = nextId(screen.sent)
    tell({ page: 'command sent', sent: { id, channel: message.channel_id, label: name, error: null } })
    const answer = await ask({ do: 'message command', ...where, command: name })
    tell({ page: 'command answered', id, error: answer.ok ? null : answer.error })
  }
  return (
    <Floating anchor={place} placement="bottom-end" label="Message actions" onClose={onClose}>
      <Menu label={`Actions for: ${gist(state, message)}`} onClose={onClose}>
        <MenuItem icon={<CopyIcon />} onPick={() => void navigator.clipboard.writeText(messageText(message))}>
          Copy text
        </MenuItem>
        {thread && (
          <MenuItem icon={<ThreadIcon />} onPick={() => openChannel(thread.id)}>
            Open thread
          </MenuItem>
        )}
        {message.author.id === state.me && (
          <MenuItem icon={<TrashIcon />} danger onPick={() => void ask({ do: 'delete', ...where })}>
            Delete message
          </MenuItem>
        )}
        {apps.length > 0 && <MenuTitle>Apps</MenuTitle>}
        {apps.map(({ id, name }) => (
          <MenuItem key={id} icon={<AppsIcon />} onPick={() => void run(name)}>
            {name}
          </MenuItem>
        ))}
      </Menu>
    </Floating>
  )
}

const nextId = (sent: readonly { id: number }[]) => Math.max(0, ...sent.map(({ id }) => id)) + 1
