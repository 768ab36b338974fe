import type { APIChannel } from 'discord-api-types/v10'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { OptionValues, UploadedFile } from '../../protocol.ts'
import { isThread } from '../channels/ordering.ts'
import { AppsIcon, SendIcon } from '../icons.tsx'
import { channelName, nameOf } from '../names.ts'
import { usePage } from '../screen-context.ts'
import { CommandLine } from './command-line.tsx'
import { CommandPicker } from './command-picker.tsx'
import { type Draft, startDraft } from './draft.ts'
import { findCommands, type FlatCommand, flattenCommands } from './flat-command.ts'
import { TypingLine } from './typing-line.tsx'

let lastCommand = 0

/** Where a person writes: a message, or after `/` a command. `wanted` is a command that a suggestion asked for. */
export function Composer({ channel, wanted }: { channel: APIChannel; wanted?: { path: string } | null }) {
  const { state, ask, tell } = usePage()
  const area = useRef<HTMLTextAreaElement>(null)
  const hadDraft = useRef(false)
  const [text, setText] = useState('')
  const [draft, setDraft] = useState<Draft | null>(null)
  const [active, setActive] = useState(0)
  const [closed, setClosed] = useState(false)
  const [error, setError] = useState<string | null>(null)
  const commands = flattenCommands(state.commands)
  const found = text.startsWith('/') && !text.includes('\n') ? findCommands(commands, text) : []
  const picking = draft === null && !closed && text.startsWith('/') && !text.includes('\n')

  const write = (typed: string) => {
    const whole = commands.find(({ path }) => typed === `/${path} `)
    if (whole) {
      pick(whole)
      return
    }
    setText(typed)
    setActive(0)
    setClosed(false)
    setError(null)
  }
  const pick = (command: FlatCommand) => {
    setText('')
    setDraft(startDraft(command))
  }
  const leave = () => {
    if (draft) setText(`/${draft.command.path}`)
    setDraft(null)
  }

  useEffect(() => {
    const command = wanted && commands.find(({ path }) => path === wanted.path)
    if (command) pick(command)
  }, [wanted])

  useLayoutEffect(() => {
    if (hadDraft.current && !draft) area.current?.focus()
    hadDraft.current = draft !== null
  }, [draft])

  useEffect(() => {
    const box = area.current
    if (!box) return
    box.style.height = 'auto'
    box.style.height = `${box.scrollHeight}px`
  }, [text, draft])

  const send = async () => {
    const content = withMentions(text.trim())
    if (content === '') return
    setText('')
    const answer = await ask({ do: 'send', channel: channel.id, content })
    if (answer.ok) return
    setText(text)
    setError(answer.error)
  }
  /** "@Bob" becomes a mention of Bob, as it does when his name is picked from Discord's list. */
  const withMentions = (typed: string) =>
    [...state.people, ...state.bots].reduce(
      (sum, { user }) =>
        sum.replaceAll(`@${nameOf(state, user)}`, `<@${user.id}>`).replaceAll(`@${user.username}`, `<@${user.id}>`),
      typed,
    )
  const runCommand = async (options: OptionValues, files: Readonly<Record<string, UploadedFile>>) => {
    if (!draft) return
    const { path } = draft.command
    const id = --lastCommand
    setDraft(null)
    tell({ page: 'command sent', sent: { id, channel: channel.id, label: `/${path}`, error: null } })
    const answer = await ask({
      do: 'command',
      channel: channel.id,
      command: path,
      options,
      ...(Object.keys(files).length > 0 ? { files } : {}),
    })
    tell({ page: 'command answered', id, error: answer.ok ? null : answer.error })
  }

  const key = (event: KeyboardEvent) => {
    if (picking && found.length > 0) {
      const moves: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1 + found.length }
      const to = moves[event.key]
      if (to !== undefined) {
        event.preventDefault()
        setActive(to % found.length)
        return
      }
      if (event.key === 'Enter' || event.key === 'Tab') {
        event.preventDefault()
        const command = found[active]
        if (command) pick(command)
        return
      }
    }
    if (picking && event.key === 'Escape') {
      event.preventDefault()
      setClosed(true)
      return
    }
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault()
      void send()
    }
  }

  const name = isThread(channel) ? channelName(channel) : `#${channelName(channel)}`
  const listId = `picker-${channel.id}`
  return (
    <div class="composer">
      {picking && (
        <CommandPicker id={listId} commands={found} active={active} typed={text} onActive={setActive} onPick={pick} />
      )}
      {error !== null && (
        <p class="composer-error" role="alert">
          {error}
        </p>
      )}
      {draft ? (
        <CommandLine channel={channel.id} draft={draft} onChange={setDraft} onSend={runCommand} onLeave={leave} />
      ) : (
        <div class="composer-box">
          <button
            type="button"
            class="icon-button"
            aria-label="Show commands"
            onClick={() => {
              write(text.startsWith('/') ? '' : '/')
              area.current?.focus()
            }}
          >
            <AppsIcon />
          </button>
          <textarea
            ref={area}
            rows={1}
            value={text}
            placeholder={`Message ${name}`}
            aria-label={`Message ${name}`}
            aria-haspopup="listbox"
            aria-controls={listId}
            aria-autocomplete="list"
            aria-activedescendant={picking && found.length > 0 ? `${listId}-${active}` : undefined}
            maxLength={2000}
            enterkeyhint="send"
            onInput={(event) => write(event.currentTarget.value)}
            onKeyDown={key}
          />
          <button
            type="button"
            class="icon-button composer-send"
            aria-label="Send message"
            disabled={text.trim() === ''}
            onClick={() => {
              const command = picking ? found[active] : undefined
              if (command) pick(command)
              else void send()
            }}
          >
            <SendIcon />
          </button>
        </div>
      )}
      <TypingLine channel={channel.id} />
    </div>
  )
}
