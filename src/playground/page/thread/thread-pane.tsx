import type { APIThreadChannel } from 'discord-api-types/v10'
import { useEffect, useRef } from 'preact/hooks'
import { Composer } from '../composer/composer.tsx'
import { BackIcon, CloseIcon, ThreadIcon } from '../icons.tsx'
import { MessageList } from '../messages/message-list.tsx'
import { channelName } from '../names.ts'

/** A thread beside its channel; on a phone it takes the whole width and has a way back. */
export function ThreadPane({ thread, onClose }: { thread: APIThreadChannel; onClose: () => void }) {
  const pane = useRef<HTMLElement>(null)
  useEffect(() => pane.current?.focus(), [])
  const key = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    onClose()
  }
  return (
    <section ref={pane} class="thread-pane" aria-label={`Thread: ${channelName(thread)}`} tabIndex={-1} onKeyDown={key}>
      <header class="channel-header">
        <button type="button" class="icon-button back-button" aria-label="Back to the channel" onClick={onClose}>
          <BackIcon />
        </button>
        <ThreadIcon />
        <h2>{channelName(thread)}</h2>
        {thread.thread_metadata?.archived === true && <small class="archived">archived</small>}
        <button type="button" class="icon-button close-button" aria-label="Close the thread" onClick={onClose}>
          <CloseIcon />
        </button>
      </header>
      <MessageList channel={thread} />
      <Composer channel={thread} />
    </section>
  )
}
