import { usePage } from '../screen-context.ts'
import { ChannelRow } from './channel-row.tsx'
import { textChannels, threadsOf } from './ordering.ts'
import { PersonSwitcher } from './person-switcher.tsx'

/** The channels of the server, each with its open threads, and below them who one is. */
export function ChannelList() {
  const { screen, state } = usePage()
  return (
    <div class="channel-list">
      <header class="server-name">
        <h1>{state.guild.name}</h1>
      </header>
      <div class="channel-scroll">
        <h2 class="list-title">Text channels</h2>
        <ul>
          {textChannels(state.channels).map((channel) => {
            const threads = threadsOf(state.channels, channel.id, screen.place?.thread ?? null)
            return (
              <li key={channel.id}>
                <ChannelRow channel={channel} />
                {threads.length > 0 && (
                  <ul class="thread-rows" aria-label={`Threads in ${channel.name ?? ''}`}>
                    {threads.map((thread) => (
                      <li key={thread.id}>
                        <ChannelRow channel={thread} />
                      </li>
                    ))}
                  </ul>
                )}
              </li>
            )
          })}
        </ul>
      </div>
      <PersonSwitcher />
    </div>
  )
}
