import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** Text that is covered until someone asks for it. */
export function Spoiler({ children }: { children: ComponentChildren }) {
  const [shown, setShown] = useState(false)
  if (shown) return <span class="spoiler spoiler-shown">{children}</span>
  return (
    <span
      class="spoiler"
      role="button"
      tabIndex={0}
      aria-label="Spoiler. Press to show it"
      onClick={() => setShown(true)}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return
        event.preventDefault()
        setShown(true)
      }}
    >
      <span aria-hidden="true">{children}</span>
    </span>
  )
}
