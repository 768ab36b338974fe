import type { ShownMessage } from '../../protocol.ts'
import { Avatar } from '../avatar.tsx'
import { userOf } from '../names.ts'
import { usePage } from '../screen-context.ts'

/** "Alice used /finetune start", above the answer to it. */
export function InteractionLabel({ message }: { message: ShownMessage }) {
  const { state } = usePage()
  const by = message.interaction_metadata?.user
  const user = by && (userOf(state, by.id) ?? by)
  const [, who, what] = /^(.*?) used (.*)$/.exec(message.interaction_label ?? '') ?? []
  return (
    <div class="above-line">
      {user && <Avatar user={user} size={16} />}
      {what === undefined ? (
        message.interaction_label
      ) : (
        <span>
          <b>{who}</b> used <span class="above-command">{what}</span>
        </span>
      )}
    </div>
  )
}
