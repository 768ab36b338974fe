import type { ComponentChildren } from 'preact'
import { readMessageLink } from '../place.ts'
import { usePage } from '../screen-context.ts'

const safe = /^(?:https?|mailto):/i

/** A link. One to a message or channel of this server is followed inside the page. */
export function Link({ target, children }: { target: string; children: ComponentChildren }) {
  const { openChannel } = usePage()
  const inside = readMessageLink(target)
  if (inside) {
    return (
      <button type="button" class="link link-inside" onClick={() => openChannel(inside.channel)}>
        {children}
      </button>
    )
  }
  if (!safe.test(target)) return <>{children}</>
  return (
    <a class="link" href={target} target="_blank" rel="noreferrer noopener">
      {children}
    </a>
  )
}
