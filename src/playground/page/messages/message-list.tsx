import { type APIChannel, MessageFlags } from 'discord-api-types/v10'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { ShownMessage } from '../../protocol.ts'
import { useNow } from '../clock.ts'
import { usePage } from '../screen-context.ts'
import { isNewer } from '../snowflake.ts'
import { DayDivider, NewDivider } from './divider.tsx'
import { ChannelStart } from './channel-start.tsx'
import { continues, startsDay } from './grouping.ts'
import { Message } from './message.tsx'
import { Sent } from './sent.tsx'

const bottomSlack = 48
const farAway = 320

/** The messages of a channel or thread, newest at the bottom, where it stays until someone scrolls up. */
export function MessageList({ channel }: { channel: APIChannel }) {
  const { screen, state, tell } = usePage()
  const now = useNow(30_000)
  const scroller = useRef<HTMLDivElement>(null)
  const inner = useRef<HTMLOListElement>(null)
  const stuck = useRef(true)
  const last = useRef({ top: 0, height: 0 })
  const [away, setAway] = useState(false)
  const messages = state.messages[channel.id] ?? []
  const newest = messages.at(-1)?.id
  const sent = screen.sent.filter((one) => one.channel === channel.id)
  const mine = sent.length > 0 || isMine(messages.at(-1), state.me)

  const toBottom = () => {
    const box = scroller.current
    if (box) box.scrollTop = box.scrollHeight
  }
  const look = () => {
    const box = scroller.current
    if (!box) return
    const below = box.scrollHeight - box.scrollTop - box.clientHeight
    // A picture that loads makes the list longer, and the list is then far from its end without anyone having scrolled.
    const scrolledUp = box.scrollTop < last.current.top && box.scrollHeight === last.current.height
    last.current = { top: box.scrollTop, height: box.scrollHeight }
    if (below < bottomSlack) stuck.current = true
    else if (scrolledUp) stuck.current = false
    setAway(!stuck.current && below > farAway)
    if (stuck.current && document.visibilityState === 'visible') tell({ page: 'seen', channel: channel.id })
  }

  useLayoutEffect(() => {
    const sizes = new ResizeObserver(() => {
      if (stuck.current) toBottom()
    })
    if (inner.current) sizes.observe(inner.current)
    if (scroller.current) sizes.observe(scroller.current)
    return () => sizes.disconnect()
  }, [])
  useLayoutEffect(() => {
    // What one has sent, and what answers it, is never out of sight.
    if (mine) stuck.current = true
    if (stuck.current) toBottom()
    look()
  }, [newest, sent.length])
  useEffect(() => {
    document.addEventListener('visibilitychange', look)
    return () => document.removeEventListener('visibilitychange', look)
  })

  const newAfter = screen.newAfter[channel.id] ?? null
  const firstNew =
    newAfter === null
      ? undefined
      : messages.find(({ id, author }) => isNewer(id, newAfter) && author.id !== state.me)?.id
  return (
    <div class="message-list">
      <div ref={scroller} class="message-scroll" onScroll={look} tabIndex={0} role="region" aria-label="Messages">
        <ol ref={inner}>
          <li>
            <ChannelStart channel={channel} empty={messages.length === 0} />
          </li>
          {messages.map((message, index) => {
            const before = messages[index - 1]
            const day = startsDay(message, before)
            return [
              day && <DayDivider key={`day-${message.id}`} at={Date.parse(message.timestamp)} />,
              message.id === firstNew && <NewDivider key="new" />,
              <Message
                key={message.id}
                message={message}
                now={now}
                grouped={!day && message.id !== firstNew && continues(message, before)}
              />,
            ]
          })}
          {sent.map((one) => (
            <Sent key={`sent-${one.id}`} sent={one} />
          ))}
        </ol>
      </div>
      {away && (
        <button type="button" class="jump" onClick={toBottom}>
          <span>Viewing older messages</span>
          <b>Jump to present</b>
        </button>
      )}
    </div>
  )
}

/** Said by this person, or the answer to something that they did. */
function isMine(message: ShownMessage | undefined, me: string): boolean {
  if (!message) return false
  const isPrivate = ((message.flags ?? 0) & MessageFlags.Ephemeral) !== 0
  return isPrivate || message.author.id === me || message.interaction_metadata?.user.id === me
}
