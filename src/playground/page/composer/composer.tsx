import type { APIChannel } from 'discord-api-types/v10'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { OptionValues, UploadedFile } from '../../protocol.ts'
import { isThread } from '../channels/ordering.ts'
import { AppsIcon, PlusIcon, SendIcon } from '../icons.tsx'
import { channelName, nameOf } from '../names.ts'
import { readUpload } from '../read-upload.ts'
import { usePage } from '../screen-context.ts'
import { AttachedFiles } from './attached-files.tsx'
import { CommandLine } from './command-line.tsx'
import { CommandPicker } from './command-picker.tsx'
import { type Draft, readWritten, startDraft } from './draft.ts'
import { findCommands, type FlatCommand, flattenCommands } from './flat-command.ts'
import { TypingLine } from './typing-line.tsx'

const mostFiles = 10

/** A command that was pasted with its options. */
function readPasted(command: FlatCommand, typed: string): Draft | null {
  const head = `/${command.path} `
  return typed.startsWith(head) ? readWritten(command, typed.slice(head.length)) : null
}
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
  const [files, setFiles] = useState<readonly UploadedFile[]>([])
  const chooser = useRef<HTMLInputElement>(null)
  const commands = flattenCommands(state.commands)
  const found = text.startsWith('/') && !text.includes('\n') ? findCommands(commands, text) : []
  const picking = draft === null && !closed && text.startsWith('/') && !text.includes('\n')

  const write = (typed: string) => {
    const whole = commands.find(({ path }) => typed === `/${path} `)
    if (whole) {
      pick(whole)
      return
    }
    const pasted = commands.map((command) => readPasted(command, typed)).find((one) => one !== null)
    if (pasted) {
      setText('')
      setDraft(pasted)
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

  // Where there is a keyboard, one can type at once; on a phone that would open the one on the screen.
  useEffect(() => {
    if (matchMedia('(hover: hover) and (pointer: fine)').matches) area.current?.focus()
  }, [])

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
    if (content === '' && files.length === 0) return
    setText('')
    setFiles([])
    setError(null)
    const answer = await ask({ do: 'send', channel: channel.id, content, ...(files.length > 0 ? { files } : {}) })
    if (answer.ok) return
    setText(text)
    setFiles(files)
    setError(answer.error)
  }
  const attach = async (chosen: Iterable<File>) => {
    const read = await Promise.all(Array.from(chosen, readUpload))
    setFiles((now) => [...now, ...read].slice(0, mostFiles))
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
        <div
          class="composer-box"
          onDragOver={(event) => event.preventDefault()}
          onDrop={(event) => {
            event.preventDefault()
            void attach(event.dataTransfer?.files ?? [])
          }}
        >
          <AttachedFiles files={files} onFiles={setFiles} />
          <button type="button" class="icon-button" aria-label="Attach files" onClick={() => chooser.current?.click()}>
            <PlusIcon />
          </button>
          <input
            ref={chooser}
            type="file"
            hidden
            multiple
            aria-label="Files to attach"
            onChange={(event) => {
              void attach(event.currentTarget.files ?? [])
              event.currentTarget.value = ''
            }}
          />
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
            onPaste={(event) => {
              const pasted = event.clipboardData?.files
              if (!pasted || pasted.length === 0) return
              event.preventDefault()
              void attach(pasted)
            }}
          />
          <button
            type="button"
            class="icon-button"
            aria-label="Show commands"
            aria-pressed={picking}
            onClick={() => {
              write(text.startsWith('/') ? '' : '/')
              area.current?.focus()
            }}
          >
            <AppsIcon />
          </button>
          <button
            type="button"
            class="icon-button composer-send"
            aria-label="Send message"
            disabled={text.trim() === '' && files.length === 0}
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
