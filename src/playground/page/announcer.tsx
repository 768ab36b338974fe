import { useEffect, useRef, useState } from 'preact/hooks'
import { gist } from './messages/gist.ts'
import { nameOf } from './names.ts'
import { usePage } from './screen-context.ts'
import { isNewer } from './snowflake.ts'

/** Tells a screen reader about new messages that are on the screen. Edits are not read out: a status card has many. */
export function Announcer() {
  const { screen, state } = usePage()
  const [said, setSaid] = useState('')
  const last = useRef<Record<string, string>>({})

  useEffect(() => {
    for (const channel of [screen.place?.channel, screen.place?.thread]) {
      const newest = channel ? state.messages[channel]?.at(-1) : undefined
      if (!channel || !newest) continue
      const before = last.current[channel]
      last.current[channel] = newest.id
      if (before !== undefined && isNewer(newest.id, before) && newest.author.id !== state.me) {
        setSaid(`${nameOf(state, newest.author)}: ${gist(state, newest)}`)
      }
    }
  }, [state.messages, screen.place])

  return (
    <div class="unseen" aria-live="polite">
      {said}
    </div>
  )
}
