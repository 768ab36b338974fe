import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'

/** Covers a picture, a file or a whole container that is marked as a spoiler, until it is pressed. */
export function Cover({ over, children }: { over: boolean; children: ComponentChildren }) {
  const [lifted, setLifted] = useState(false)
  if (!over || lifted) return <>{children}</>
  return (
    <div class="cover">
      <div class="cover-hidden" inert>
        {children}
      </div>
      <button type="button" class="cover-button" onClick={() => setLifted(true)}>
        Spoiler
      </button>
    </div>
  )
}
