import type { APIApplicationCommandBasicOption } from 'discord-api-types/v10'
import { useEffect } from 'preact/hooks'
import { describeRange, type Field } from './draft.ts'
import type { Choice, Choices } from './use-choices.ts'

/** What stands over a command line: the option under the cursor, what it means, and what it can be. */
export function OptionPanel({
  field,
  choices,
  left,
  error,
  active,
  onActive,
  onChoose,
}: {
  /** null at the end of the line, where `left` says which options can still be added. */
  field: Field | null
  choices: Choices
  left: readonly APIApplicationCommandBasicOption[]
  error: string | null
  active: number | null
  onActive: (index: number) => void
  onChoose: (choice: Choice) => void
}) {
  useEffect(() => {
    if (active !== null) document.getElementById(`option-choice-${active}`)?.scrollIntoView({ block: 'nearest' })
  }, [active])

  if (!field && left.length === 0) {
    return (
      <div class="panel panel-small">
        <p class="panel-title">
          Press <kbd>Enter</kbd> to send the command
        </p>
      </div>
    )
  }
  const range = field && describeRange(field.option)
  const about = (name: string) => (field ? undefined : left.find((option) => option.name === name)?.description)
  return (
    <div class="panel">
      {field ? (
        <p class="panel-title">
          <b>{field.option.name}</b>
          <span>
            {field.option.description}
            {range && ` (${range})`}
          </span>
          {field.option.required !== true && <small>optional</small>}
        </p>
      ) : (
        <p class="panel-title">
          <b>Options</b>
          <span>
            Press <kbd>Enter</kbd> to send, or add one of these
          </span>
        </p>
      )}
      {error !== null && (
        <p class="panel-error" role="alert">
          {error}
        </p>
      )}
      {choices.are === 'loading' && <p class="panel-none">Loading options…</p>}
      {choices.are === 'failed' && <p class="panel-error">Loading options failed: {choices.error}</p>}
      {choices.are === 'these' && choices.choices.length === 0 && (
        <p class="panel-none">No options match your search.</p>
      )}
      {choices.are === 'these' && (
        <ul id="option-choices" role="listbox" aria-label={field?.option.name ?? 'Options'}>
          {choices.choices.map((choice, index) => (
            <li
              key={String(choice.value)}
              id={`option-choice-${index}`}
              role="option"
              aria-selected={index === active}
              class={index === active ? 'panel-row panel-active' : 'panel-row'}
              onPointerMove={() => onActive(index)}
              onPointerDown={(event) => event.preventDefault()}
              onClick={() => onChoose(choice)}
            >
              <span>{choice.name}</span>
              <small>{about(choice.name)}</small>
            </li>
          ))}
        </ul>
      )}
    </div>
  )
}
