import { Avatar } from '../avatar.tsx'
import { WarningIcon } from '../icons.tsx'
import { nameOf, userOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import type { SentCommand } from '../store.ts'

/** A command between Enter and the bot's answer, or one that got none. */
export function Sent({ sent }: { sent: SentCommand }) {
  const { state, tell } = usePage()
  const me = userOf(state, state.me)
  if (!me) return null
  return (
    <li class={sent.error === null ? 'message message-sending' : 'message message-failed'}>
      <article>
        <div class="message-side">
          <Avatar user={me} size={40} />
        </div>
        <div class="message-main">
          <header class="message-head">
            <span class="message-author">{nameOf(state, me)}</span>
          </header>
          <p>
            used <span class="above-command">{sent.label}</span>
          </p>
          {sent.error === null ? (
            <p class="thinking" role="status">
              <span class="waiting" aria-hidden="true">
                <i />
                <i />
                <i />
              </span>
              Sending command…
            </p>
          ) : (
            <>
              <p class="interaction-failed" role="alert">
                <WarningIcon /> {sent.error}
              </p>
              <p class="ephemeral-note">
                Only you can see this ·{' '}
                <button type="button" class="link" onClick={() => tell({ page: 'command dismissed', id: sent.id })}>
                  Dismiss message
                </button>
              </p>
            </>
          )}
        </div>
      </article>
    </li>
  )
}
