import { Avatar } from '../avatar.tsx'
import { nameColour, nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'

/** Who is here. A press on a person is one way to become them. */
export function MemberList() {
  const { state, ask } = usePage()
  return (
    <aside class="members" aria-label="Members">
      <h2 class="list-title">People — {state.people.length}</h2>
      <ul>
        {state.people.map(({ user, about }) => (
          <li key={user.id}>
            <button
              type="button"
              class="member"
              aria-pressed={user.id === state.me}
              title={user.id === state.me ? 'This is you' : `Be ${nameOf(state, user)}`}
              onClick={() => user.id !== state.me && void ask({ do: 'be', user: user.id })}
            >
              <Avatar user={user} size={32} online />
              <span>
                <b style={{ color: nameColour(state, user.id) ?? undefined }}>
                  {nameOf(state, user)}
                  {user.id === state.me && ' (you)'}
                </b>
                <small>{about}</small>
              </span>
            </button>
          </li>
        ))}
      </ul>
      <h2 class="list-title">Apps — {state.bots.length}</h2>
      <ul>
        {state.bots.map(({ user, online }) => (
          <li key={user.id} class={online ? 'member' : 'member member-away'}>
            <Avatar user={user} size={32} online={online} />
            <span>
              <b>
                {nameOf(state, user)} <span class="app-tag">APP</span>
              </b>
              <small>{online ? 'online' : 'offline'}</small>
            </span>
          </li>
        ))}
      </ul>
    </aside>
  )
}
