import { useRef, useState } from 'preact/hooks'
import { Avatar } from '../avatar.tsx'
import { Floating } from '../floating.tsx'
import { CheckIcon, ChevronIcon } from '../icons.tsx'
import { Menu, MenuItem, MenuTitle } from '../menu.tsx'
import { nameOf } from '../names.ts'
import { pingsOf } from '../reading.ts'
import { usePage } from '../screen-context.ts'

/** Who one is. Half of what the bot does needs two people, so one person may be any of them. */
export function PersonSwitcher() {
  const { screen, state, ask } = usePage()
  const [open, setOpen] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const me = state.people.find(({ user }) => user.id === state.me)
  const others = state.people.reduce(
    (sum, { user }) => (user.id === state.me ? sum : sum + pingsOf(screen, user.id)),
    0,
  )
  if (!me) return null
  return (
    <div class="switcher">
      <button
        ref={button}
        type="button"
        class="switcher-button"
        aria-haspopup="menu"
        aria-expanded={open}
        aria-label={`You are ${nameOf(state, me.user)}, ${me.about}. Switch person`}
        onClick={() => setOpen(!open)}
      >
        <Avatar user={me.user} size={32} online />
        <span class="switcher-words">
          <b>{nameOf(state, me.user)}</b>
          <small>{me.about}</small>
        </span>
        {others > 0 && <span class="badge">{others}</span>}
        <ChevronIcon />
      </button>
      {open && button.current && (
        <Floating anchor={button.current} placement="top-start" label="Switch person" onClose={() => setOpen(false)}>
          <Menu label="Switch person" onClose={() => setOpen(false)}>
            <MenuTitle>Be someone else</MenuTitle>
            {state.people.map(({ user, about }) => {
              const pinged = pingsOf(screen, user.id)
              return (
                <MenuItem
                  key={user.id}
                  checked={user.id === state.me}
                  icon={pinged > 0 ? <span class="badge">{pinged}</span> : user.id === state.me ? <CheckIcon /> : null}
                  onPick={() => void ask({ do: 'be', user: user.id })}
                >
                  <span class="person-line">
                    <Avatar user={user} size={32} />
                    <span>
                      <b>{nameOf(state, user)}</b>
                      <small>{about}</small>
                    </span>
                  </span>
                </MenuItem>
              )
            })}
          </Menu>
        </Floating>
      )}
    </div>
  )
}
