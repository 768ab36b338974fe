import { useNow } from '../clock.ts'
import { nameOf, userOf } from '../names.ts'
import { usePage } from '../screen-context.ts'

const typingMs = 10_000

/** "finetune is typing…", for ten seconds after the server said so. */
export function TypingLine({ channel }: { channel: string }) {
  const { screen, state } = usePage()
  const now = useNow(2000)
  const names = Object.entries(screen.typing[channel] ?? {})
    .filter(([id, at]) => id !== state.me && now - at < typingMs)
    .flatMap(([id]) => {
      const user = userOf(state, id)
      return user ? [nameOf(state, user)] : []
    })
  return (
    <p class="typing-line" aria-live="polite">
      {names.length > 0 && (
        <>
          <span class="waiting" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          <span>
            <b>{names.join(', ')}</b> {names.length === 1 ? 'is' : 'are'} typing…
          </span>
        </>
      )}
    </p>
  )
}
