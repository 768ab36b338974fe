import { useEffect, useId, useRef, useState } from 'preact/hooks'
import { Floating } from '../floating.tsx'
import { CheckIcon, ChevronIcon } from '../icons.tsx'
import { Emoji, Waiting } from './button.tsx'
import type { SelectChoice } from './select-choices.ts'

/**
 * A box that opens a list of choices. One choice closes the list and is told at once; several are told when the list
 * closes. Arrows, Home, End, letters, Enter and Esc work as in any select.
 */
export function SelectMenu({
  choices,
  chosen: told,
  placeholder,
  min,
  max,
  disabled = false,
  waiting = false,
  labelledBy,
  onChoose,
}: {
  choices: readonly SelectChoice[]
  chosen: readonly string[]
  placeholder: string
  min: number
  max: number
  disabled?: boolean
  waiting?: boolean
  labelledBy?: string
  onChoose: (values: string[]) => void
}) {
  const id = useId()
  const box = useRef<HTMLButtonElement>(null)
  const [open, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const [chosen, setShown] = useState<readonly string[]>(told)
  // What was chosen last, before it is drawn: Esc may come between a click and the next drawing.
  const latest = useRef(chosen)
  const setChosen = (values: readonly string[]) => {
    latest.current = values
    setShown(values)
  }
  const toldKey = told.join('\n')
  useEffect(() => setChosen(toldKey === '' ? [] : toldKey.split('\n')), [toldKey])

  useEffect(() => {
    if (open) document.getElementById(`${id}-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [open, active, id])

  const show = () => {
    setActive(
      Math.max(
        0,
        choices.findIndex(({ value }) => chosen.includes(value)),
      ),
    )
    setOpen(true)
  }
  const close = () => {
    setOpen(false)
    const now = latest.current
    const changed = now.join('\n') !== toldKey
    if (max > 1 && changed && now.length >= min) onChoose([...now])
    else if (changed) setChosen(told)
  }
  const choose = ({ value }: SelectChoice) => {
    if (max === 1) {
      const values = min === 0 && chosen.includes(value) ? [] : [value]
      setChosen(values)
      setOpen(false)
      box.current?.focus()
      onChoose(values)
      return
    }
    if (chosen.includes(value)) setChosen(chosen.filter((one) => one !== value))
    else if (chosen.length < max) setChosen([...chosen, value])
  }

  const key = (event: KeyboardEvent) => {
    const last = choices.length - 1
    const moves: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: last }
    const to = moves[event.key]
    if (!open) {
      if (!['ArrowDown', 'ArrowUp', 'Enter', ' '].includes(event.key)) return
      event.preventDefault()
      show()
      return
    }
    if (to !== undefined) {
      event.preventDefault()
      setActive(Math.min(Math.max(to, 0), last))
      return
    }
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      const choice = choices[active]
      if (choice) choose(choice)
      return
    }
    if (event.key === 'Tab') {
      close()
      return
    }
    if (event.key.length === 1) {
      const found = choices.findIndex(({ label }) => label.toLowerCase().startsWith(event.key.toLowerCase()))
      if (found >= 0) setActive(found)
    }
  }

  const names = choices.filter(({ value }) => chosen.includes(value))
  return (
    <div class="select">
      <button
        ref={box}
        type="button"
        class="select-box"
        role="combobox"
        aria-haspopup="listbox"
        aria-expanded={open}
        aria-controls={`${id}-list`}
        aria-activedescendant={open ? `${id}-${active}` : undefined}
        aria-label={labelledBy === undefined ? placeholder : undefined}
        aria-labelledby={labelledBy}
        aria-busy={waiting}
        disabled={disabled}
        onClick={() => (open ? close() : show())}
        onKeyDown={key}
      >
        {names.length === 0 ? (
          <span class="select-placeholder">{placeholder}</span>
        ) : (
          <span class="select-chosen">
            {names.map(({ value, label, emoji }) => (
              <span key={value} class={max > 1 ? 'select-tag' : ''}>
                {emoji && <Emoji emoji={emoji} />} {label}
              </span>
            ))}
          </span>
        )}
        {waiting ? <Waiting /> : <ChevronIcon />}
      </button>
      {open && box.current && (
        <Floating anchor={box.current} placement="bottom-start" label={placeholder} matchWidth onClose={close}>
          <ul id={`${id}-list`} class="select-list" role="listbox" aria-multiselectable={max > 1}>
            {choices.length === 0 && <li class="select-none">Nothing to choose from</li>}
            {choices.map((choice, index) => (
              <li
                key={choice.value}
                id={`${id}-${index}`}
                role="option"
                class={index === active ? 'select-option select-active' : 'select-option'}
                aria-selected={chosen.includes(choice.value)}
                aria-disabled={max > 1 && chosen.length >= max && !chosen.includes(choice.value)}
                onPointerMove={() => setActive(index)}
                onClick={() => choose(choice)}
              >
                {choice.emoji && <Emoji emoji={choice.emoji} />}
                <span class="select-words">
                  <span>{choice.label}</span>
                  {choice.description && <small>{choice.description}</small>}
                </span>
                {chosen.includes(choice.value) && <CheckIcon />}
              </li>
            ))}
          </ul>
        </Floating>
      )}
    </div>
  )
}
