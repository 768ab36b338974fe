import { useId } from 'preact/hooks'
import type { FieldProps } from './modal-field.tsx'

interface GroupOption {
  value: string
  label: string
  description?: string
}

/** Radio buttons (one value) or checkboxes (several). */
export function OptionGroup({
  kind,
  options,
  values,
  onValues,
  labelledBy,
  describedBy,
  invalid,
}: FieldProps & { kind: 'radio' | 'checkbox'; options: readonly GroupOption[] }) {
  const name = useId()
  const toggle = (value: string, on: boolean) => {
    if (kind === 'radio') onValues([value])
    else onValues(on ? [...values, value] : values.filter((one) => one !== value))
  }
  return (
    <div
      class="options"
      role={kind === 'radio' ? 'radiogroup' : 'group'}
      aria-labelledby={labelledBy}
      aria-describedby={describedBy}
    >
      {options.map(({ value, label, description }) => (
        <label key={value} class="option">
          <input
            type={kind}
            name={name}
            checked={values.includes(value)}
            aria-invalid={invalid}
            onChange={(event) => toggle(value, event.currentTarget.checked)}
          />
          <span>
            {label}
            {description && <small>{description}</small>}
          </span>
        </label>
      ))}
    </div>
  )
}
