import type { APIChannel } from 'discord-api-types/v10'
import { isThread } from '../channels/ordering.ts'
import { flattenCommands } from '../composer/flat-command.ts'
import { HashIcon, ThreadIcon } from '../icons.tsx'
import { channelName } from '../names.ts'
import { usePage } from '../screen-context.ts'

const suggestions = 4

/** What stands above the first message. In an empty channel it also says what a newcomer can type. */
export function ChannelStart({ channel, empty }: { channel: APIChannel; empty: boolean }) {
  const thread = isThread(channel)
  return (
    <div class={empty ? 'channel-start channel-start-empty' : 'channel-start'}>
      <div class="channel-start-icon">{thread ? <ThreadIcon /> : <HashIcon />}</div>
      <h2>{thread ? channelName(channel) : `Welcome to #${channelName(channel)}!`}</h2>
      <p>
        {thread ? 'This is the start of the thread.' : `This is the start of the #${channelName(channel)} channel.`}
        {'topic' in channel && channel.topic ? ` ${channel.topic}` : ''}
      </p>
      {empty && !thread && <Suggestions />}
    </div>
  )
}

function Suggestions() {
  const { state, compose } = usePage()
  const bot = state.bots.find(({ online }) => online)
  const commands = flattenCommands(state.commands).sort((a, b) => rank(a.path) - rank(b.path))
  if (commands.length === 0) {
    return (
      <p class="hint">
        {bot ? 'The app has no commands yet.' : 'The app is not here yet. Its commands appear when it comes online.'}
      </p>
    )
  }
  return (
    <div class="suggestions">
      <p>
        Type <kbd>/</kbd> to see every command, or begin with one of these:
      </p>
      {commands.slice(0, suggestions).map(({ path, description }) => (
        <button key={path} type="button" class="suggestion" onClick={() => compose(path)}>
          <b>/{path}</b>
          <span>{description}</span>
        </button>
      ))}
    </div>
  )
}

/** What can be done where nothing was done yet comes before looking at it. */
const FIRST = ['start', 'explain', 'help', 'status']
const rank = (path: string) => {
  const at = FIRST.indexOf(path.split(' ').at(-1) ?? '')
  return at === -1 ? FIRST.length : at
}
