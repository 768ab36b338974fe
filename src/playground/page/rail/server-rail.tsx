import { pingsOf } from '../reading.ts'
import { usePage } from '../screen-context.ts'
import { textChannels } from '../channels/ordering.ts'

/** The servers on the far left. The playground has one. */
export function ServerRail() {
  const { screen, state, openChannel } = usePage()
  const pinged = pingsOf(screen, state.me)
  const initials = state.guild.name
    .split(/\s+/)
    .map((word) => word[0] ?? '')
    .join('')
    .slice(0, 3)
  const first = textChannels(state.channels)[0]
  return (
    <div class="rail">
      <button
        type="button"
        class="rail-server"
        aria-label={pinged > 0 ? `${state.guild.name}, ${pinged} mentions` : state.guild.name}
        aria-current="true"
        title={state.guild.name}
        onClick={() => first && openChannel(first.id)}
      >
        {initials}
        {pinged > 0 && <span class="badge">{pinged}</span>}
      </button>
    </div>
  )
}
