import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { Announcer } from './announcer.tsx'
import { ChannelList } from './channels/channel-list.tsx'
import { isThread, textChannels } from './channels/ordering.ts'
import { Composer } from './composer/composer.tsx'
import { ConnectionBanner } from './connection-banner.tsx'
import { ChannelHeader } from './header/channel-header.tsx'
import { MemberList } from './members/member-list.tsx'
import { MessageList } from './messages/message-list.tsx'
import { Modal } from './modal/modal.tsx'
import { PingNotice } from './ping-notice.tsx'
import { type Place, readPlace, writePlace } from './place.ts'
import { pingsOf } from './reading.ts'
import { ServerRail } from './rail/server-rail.tsx'
import { type Page, PageContext } from './screen-context.ts'
import { ThreadPane } from './thread/thread-pane.tsx'
import { useScreen } from './use-screen.ts'

/** The whole page: rail, channels, messages, and a thread or the members beside them. */
export function App() {
  const { screen, ask, tell } = useScreen()
  const { state } = screen
  const [drawer, setDrawer] = useState(false)
  const [members, setMembers] = useState(true)
  const [wanted, setWanted] = useState<{ path: string } | null>(null)

  const go = useCallback((place: Place) => {
    setDrawer(false)
    tell({ page: 'go', place })
    const hash = writePlace(place)
    if (location.hash !== hash) history.pushState(null, '', hash)
  }, [])
  useEffect(() => {
    const follow = () => {
      const place = readPlace(location.hash)
      if (place) tell({ page: 'go', place })
    }
    addEventListener('popstate', follow)
    return () => removeEventListener('popstate', follow)
  }, [])

  const channels = state ? textChannels(state.channels) : []
  const channel = channels.find(({ id }) => id === screen.place?.channel) ?? channels[0]
  const thread = state?.channels.filter(isThread).find(({ id }) => id === screen.place?.thread) ?? null
  useEffect(() => {
    if (channel && channel.id !== screen.place?.channel) go({ channel: channel.id, thread: null })
  }, [channel?.id, screen.place?.channel])

  const pinged = state ? pingsOf(screen, state.me) : 0
  const title = channel ? `#${channel.name ?? channel.id} · Playground` : 'Playground'
  useEffect(() => {
    document.title = pinged > 0 ? `(${pinged}) ${title}` : title
  }, [pinged, title])

  const page = useMemo<Page | null>(() => {
    if (!state) return null
    return {
      screen,
      state,
      ask,
      tell,
      go,
      openChannel: (id) => {
        const there = state.channels.find((one) => one.id === id)
        if (!there) return
        if (isThread(there) && there.parent_id) go({ channel: there.parent_id, thread: id })
        else go({ channel: id, thread: null })
      },
      compose: (path) => {
        setDrawer(false)
        setWanted({ path })
      },
    }
  }, [screen, ask])

  if (!page || !state) return <Loading lost={screen.connection === 'lost'} />
  const closeThread = () => channel && go({ channel: channel.id, thread: null })
  const look = ['app', drawer ? 'drawer-open' : '', thread ? 'thread-open' : members ? 'members-open' : '']
  return (
    <PageContext.Provider value={page}>
      <div class={look.join(' ')}>
        <nav class="drawer" aria-label="Servers and channels">
          <ServerRail />
          <ChannelList />
        </nav>
        <button
          type="button"
          class="drawer-shade"
          aria-label="Close the channel list"
          onClick={() => setDrawer(false)}
        />
        {channel && (
          <main class="channel" aria-label={`#${channel.name ?? ''}`}>
            <ChannelHeader
              channel={channel}
              drawer={drawer}
              members={members && !thread}
              onDrawer={() => setDrawer(!drawer)}
              onMembers={() => {
                setMembers(thread ? true : !members)
                if (thread) closeThread()
              }}
            />
            <MessageList key={`${state.me} ${channel.id}`} channel={channel} />
            <Composer key={`composer ${channel.id}`} channel={channel} wanted={wanted} />
          </main>
        )}
        {thread && <ThreadPane key={`${state.me} ${thread.id}`} thread={thread} onClose={closeThread} />}
        {!thread && members && <MemberList />}
      </div>
      <ConnectionBanner connection={screen.connection} />
      <PingNotice />
      <Announcer />
      {state.modal && <Modal key={state.modal.id} opened={state.modal} />}
    </PageContext.Provider>
  )
}

function Loading({ lost }: { lost: boolean }) {
  return (
    <div class="loading" role="status">
      <span class="waiting" aria-hidden="true">
        <i />
        <i />
        <i />
      </span>
      <p>{lost ? 'The playground does not answer. Trying again…' : 'Connecting to the playground…'}</p>
    </div>
  )
}
