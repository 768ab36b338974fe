import type { Field } from './draft.ts'

/** One option of a command: its name and a place for its value. */
export function OptionPill({
  field: { option, text },
  wrong,
  suggested,
  onEnter,
  onWrite,
}: {
  field: Field
  wrong: boolean
  suggested: number | null
  onEnter: () => void
  onWrite: (text: string) => void
}) {
  return (
    <label class={wrong ? 'pill pill-wrong' : 'pill'}>
      <span class="pill-name">{option.name}</span>
      <input
        data-option={option.name}
        value={text}
        size={Math.max(4, Math.min(text.length + 1, 60))}
        aria-label={option.name}
        aria-description={option.description}
        aria-required={option.required === true}
        aria-invalid={wrong}
        role="combobox"
        aria-expanded={suggested !== null}
        aria-controls="option-choices"
        aria-activedescendant={suggested === null ? undefined : `option-choice-${suggested}`}
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        onFocus={onEnter}
        onInput={(event) => onWrite(event.currentTarget.value)}
      />
    </label>
  )
}
