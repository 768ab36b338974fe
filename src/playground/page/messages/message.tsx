import { MessageFlags, MessageType } from 'discord-api-types/v10'
import { useRef, useState } from 'preact/hooks'
import type { ShownMessage } from '../../protocol.ts'
import { Avatar } from '../avatar.tsx'
import { MessageComponent } from '../components/component.tsx'
import { InteractionFailed, InteractionProvider } from '../components/interaction.tsx'
import { Markdown } from '../markdown/markdown.tsx'
import { formatMoment } from '../moment.ts'
import { nameOf } from '../names.ts'
import { pings } from '../reading.ts'
import { usePage } from '../screen-context.ts'
import { Attachments } from './attachments.tsx'
import { Embed } from './embed.tsx'
import { EphemeralNote } from './ephemeral-note.tsx'
import { isNote, sentAt } from './grouping.ts'
import { InteractionLabel } from './interaction-label.tsx'
import { MessageHead } from './message-head.tsx'
import { MessageMenu, MessageToolbar, type MenuPlace } from './message-menu.tsx'
import { NoteLine } from './note-line.tsx'
import { ReplyLine } from './reply-line.tsx'
import { ThreadLine } from './thread-line.tsx'

export function Message({ message, grouped, now }: { message: ShownMessage; grouped: boolean; now: number }) {
  const { state } = usePage()
  const [menu, setMenu] = useState<MenuPlace | null>(null)
  const row = useRef<HTMLLIElement>(null)
  const flags = message.flags ?? 0
  const ephemeral = (flags & MessageFlags.Ephemeral) !== 0

  if (isNote(message)) return <NoteLine message={message} now={now} />

  const look = ['message']
  if (grouped) look.push('message-grouped')
  if (pings(state, message, state.me)) look.push('message-pings')
  if (ephemeral) look.push('message-ephemeral')
  if (menu) look.push('message-chosen')
  return (
    <li
      ref={row}
      class={look.join(' ')}
      data-message={message.id}
      onContextMenu={(event) => {
        // A link or selected text keeps the browser's own menu.
        if (event.target instanceof Element && event.target.closest('a, input, textarea')) return
        event.preventDefault()
        setMenu({ x: event.clientX, y: event.clientY })
      }}
    >
      <article aria-label={`${nameOf(state, message.author)}, ${formatMoment(sentAt(message), 't')}`}>
        {message.interaction_label !== undefined && <InteractionLabel message={message} />}
        {message.type === MessageType.Reply && <ReplyLine message={message} />}
        <div class="message-side">
          {grouped ? (
            <time class="message-side-time" dateTime={message.timestamp}>
              {formatMoment(sentAt(message), 't')}
            </time>
          ) : (
            <Avatar user={message.author} size={40} />
          )}
        </div>
        <div class="message-main">
          {!grouped && <MessageHead message={message} now={now} />}
          {message.thinking ? <Thinking name={nameOf(state, message.author)} /> : <Body message={message} />}
          {ephemeral && <EphemeralNote message={message} />}
          <ThreadLine message={message} now={now} />
        </div>
      </article>
      {!message.thinking && <MessageToolbar open={setMenu} />}
      {menu && <MessageMenu message={message} place={menu} onClose={() => setMenu(null)} />}
    </li>
  )
}

function Body({ message }: { message: ShownMessage }) {
  return (
    <InteractionProvider message={message}>
      {message.content !== '' && (
        <Markdown text={message.content}>
          <Edited message={message} />
        </Markdown>
      )}
      {message.embeds.map((embed, index) => (
        <Embed key={index} embed={embed} />
      ))}
      <Attachments message={message} />
      {message.components && message.components.length > 0 && (
        <div class="components">
          {message.components.map((component, index) => (
            <MessageComponent key={index} component={component} />
          ))}
        </div>
      )}
      {message.content === '' && <Edited message={message} />}
      <InteractionFailed />
    </InteractionProvider>
  )
}

function Edited({ message: { edited_timestamp: at } }: { message: ShownMessage }) {
  if (at === null) return null
  return (
    <small class="edited" title={formatMoment(Date.parse(at), 'F')}>
      {' (edited)'}
    </small>
  )
}

function Thinking({ name }: { name: string }) {
  return (
    <p class="thinking" role="status">
      <span class="waiting" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      {name} is thinking…
    </p>
  )
}
