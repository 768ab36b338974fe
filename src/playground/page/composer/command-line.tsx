import { ApplicationCommandOptionType } from 'discord-api-types/v10'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { OptionValues, UploadedFile } from '../../protocol.ts'
import { CloseIcon, SendIcon } from '../icons.tsx'
import {
  addField,
  changeField,
  type Draft,
  type Field,
  nextOption,
  optionsLeft,
  readDraft,
  removeField,
} from './draft.ts'
import { FilePill } from './file-pill.tsx'
import { OptionPanel } from './option-panel.tsx'
import { OptionPill } from './option-pill.tsx'
import { type Choice, useChoices } from './use-choices.ts'

/** The place after the last pill, where further options are added. */
const more = '+'

/** A command being filled in: its name, a pill for each option, and a panel that says what fits the option. */
export function CommandLine({
  channel,
  draft,
  onChange,
  onSend,
  onLeave,
}: {
  channel: string
  draft: Draft
  onChange: (draft: Draft) => void
  onSend: (options: OptionValues, files: Readonly<Record<string, UploadedFile>>) => Promise<void>
  onLeave: () => void
}) {
  const box = useRef<HTMLDivElement>(null)
  const awaited = useRef<string | null>(null)
  const [at, setAt] = useState<string | null>(null)
  const [active, setActive] = useState<number | null>(null)
  const [closed, setClosed] = useState(false)
  const [wanted, setWanted] = useState('')
  const [tried, setTried] = useState(false)

  const left = optionsLeft(draft)
  const { options, files, errors } = readDraft(draft)
  const field = draft.fields.find(({ option }) => option.name === at) ?? null
  const choices = useChoices(channel, draft, field)
  const offers: readonly Choice[] =
    at === more
      ? left.filter(({ name }) => name.includes(wanted.trim().toLowerCase())).map(({ name }) => ({ name, value: name }))
      : choices.are === 'these'
        ? choices.choices
        : []
  const suggested = closed || offers.length === 0 ? null : (active ?? firstOffer(at, wanted, field, offers))

  // The next key must land in the next option, so the focus moves now, or with the render that makes its place.
  const focus = (name: string = more) => {
    const place = box.current?.querySelector<HTMLElement>(`[data-option="${name}"]`)
    awaited.current = place ? null : name
    place?.focus()
  }
  useLayoutEffect(() => {
    if (awaited.current !== null) focus(awaited.current)
  })
  useLayoutEffect(() => focus(draft.fields[0]?.option.name), [draft.command])

  const enter = (name: string) => {
    setAt(name)
    setActive(null)
    setClosed(false)
    setWanted('')
  }
  const write = (name: string, text: string) => {
    const next = nextOption(draft, text)
    if (next) begin(next.name, next.rest, changeField(draft, name, { text: next.value, chosen: null }))
    else onChange(changeField(draft, name, { text, chosen: null }))
    setActive(null)
    setClosed(false)
  }
  /** Another option that somebody has written the name of. */
  const begin = (name: string, rest: string, before: Draft = draft) => {
    onChange(changeField(addField(before, name), name, { text: rest }))
    setWanted('')
    focus(name)
  }
  /** On to the next option that still needs a value, else to the place where more are added. */
  const goOn = (changed: Draft, from: string) => {
    const index = changed.fields.findIndex(({ option }) => option.name === from)
    const missing = changed.fields.find(
      (one, where) => where > index && one.text === '' && one.chosen === null && one.file === null,
    )
    focus(missing?.option.name)
  }
  const choose = (choice: Choice) => {
    if (at === more) {
      const name = String(choice.value)
      onChange(addField(draft, name))
      focus(name)
      return
    }
    if (!field) return
    const changed = changeField(draft, field.option.name, { text: choice.name, chosen: choice.value })
    onChange(changed)
    goOn(changed, field.option.name)
  }
  const drop = (name: string) => {
    const index = draft.fields.findIndex(({ option }) => option.name === name)
    onChange(removeField(draft, name))
    if (index === 0 && draft.fields[0]?.option.required === true) {
      onLeave()
      return
    }
    focus(draft.fields[index - 1]?.option.name)
  }
  const back = () => {
    const last = draft.fields.at(-1)
    if (last) focus(last.option.name)
    else onLeave()
  }
  const send = () => {
    const wrong = Object.keys(errors)[0]
    if (wrong === undefined) {
      void onSend(options, files)
      return
    }
    setTried(true)
    focus(wrong)
  }

  const key = (event: KeyboardEvent) => {
    const offer = suggested === null ? undefined : offers[suggested]
    const empty = event.target instanceof HTMLInputElement && event.target.value === ''
    const move = (to: number) => {
      setClosed(false)
      setActive((to + offers.length) % offers.length)
    }
    const acts: Record<string, (() => void) | false> = {
      ArrowDown: offers.length > 0 && (() => move(suggested === null ? 0 : suggested + 1)),
      ArrowUp: offers.length > 0 && (() => move(suggested === null ? -1 : suggested - 1)),
      Enter:
        !event.isComposing &&
        !(event.target instanceof HTMLButtonElement) &&
        (() => (offer && offer.value !== field?.chosen ? choose(offer) : send())),
      // Tab takes what is offered, but does not fill in an optional option that was left empty.
      Tab:
        !event.shiftKey &&
        at !== null &&
        at !== more &&
        (() => (offer && (!empty || field?.option.required === true) ? choose(offer) : goOn(draft, at))),
      Escape: () => (suggested !== null && at !== more ? setClosed(true) : onLeave()),
      Backspace: empty && at !== null && (() => (at === more ? back() : drop(at))),
    }
    const act = acts[event.key]
    if (!act) return
    event.preventDefault()
    event.stopPropagation()
    act()
  }

  return (
    <div
      ref={box}
      onKeyDown={key}
      onFocusOut={(event) => {
        if (!(event.relatedTarget instanceof Node) || !box.current?.contains(event.relatedTarget)) setAt(null)
      }}
    >
      {at !== null && !closed && (
        <OptionPanel
          field={field}
          choices={at === more ? { are: 'these', choices: offers } : choices}
          left={left}
          error={field && tried ? (errors[field.option.name] ?? null) : null}
          active={suggested}
          onActive={setActive}
          onChoose={choose}
        />
      )}
      <div class="composer-box command-line" role="group" aria-label={`Command /${draft.command.path}`}>
        <button type="button" class="icon-button" aria-label="Leave the command" onClick={onLeave}>
          <CloseIcon />
        </button>
        <div class="pills">
          <b class="command-name">/{draft.command.path}</b>
          {draft.fields.map((one) =>
            one.option.type === ApplicationCommandOptionType.Attachment ? (
              <FilePill
                key={one.option.name}
                field={one}
                wrong={tried && one.option.name in errors}
                onEnter={() => enter(one.option.name)}
                onFile={(file) => onChange(changeField(draft, one.option.name, { file, text: file?.name ?? '' }))}
              />
            ) : (
              <OptionPill
                key={one.option.name}
                field={one}
                wrong={tried && one.option.name in errors}
                suggested={at === one.option.name ? suggested : null}
                onEnter={() => enter(one.option.name)}
                onWrite={(text) => write(one.option.name, text)}
              />
            ),
          )}
          <input
            class="pill-more"
            data-option={more}
            value={wanted}
            aria-label={left.length === 0 ? 'End of the command' : 'Add an optional option'}
            placeholder={left.length === 0 ? '' : `+${left.length} optional`}
            autocomplete="off"
            onFocus={() => enter(more)}
            onInput={(event) => {
              const next = nextOption(draft, event.currentTarget.value)
              if (next?.value === '') begin(next.name, next.rest)
              else setWanted(event.currentTarget.value)
              setActive(null)
            }}
          />
        </div>
        <button type="button" class="icon-button composer-send" aria-label="Send command" onClick={send}>
          <SendIcon />
        </button>
      </div>
    </div>
  )
}

/**
 * What is highlighted before an arrow is pressed. At the end of the line nothing is, so that Enter sends the command;
 * a pill that has a value keeps it; else it is the first offer.
 */
function firstOffer(at: string | null, wanted: string, field: Field | null, offers: readonly Choice[]): number | null {
  if (at === more) return wanted === '' ? null : 0
  if (field === null || field.chosen === null) return 0
  const chosen = offers.findIndex(({ value }) => value === field.chosen)
  return chosen === -1 ? null : chosen
}
