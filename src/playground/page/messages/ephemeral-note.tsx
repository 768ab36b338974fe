import type { ShownMessage } from '../../protocol.ts'
import { EyeIcon } from '../icons.tsx'
import { usePage } from '../screen-context.ts'

export function EphemeralNote({ message }: { message: ShownMessage }) {
  const { ask } = usePage()
  const dismiss = () => void ask({ do: 'dismiss', channel: message.channel_id, message: message.id })
  return (
    <p class="ephemeral-note">
      <EyeIcon /> Only you can see this ·{' '}
      <button type="button" class="link" onClick={dismiss}>
        Dismiss message
      </button>
    </p>
  )
}
