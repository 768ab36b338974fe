import type { FieldProps } from './modal-field.tsx'

/** One box to tick, whose label stands above it. */
export function CheckboxField({ values, onValues, labelledBy, describedBy }: FieldProps) {
  return (
    <label class="option option-alone">
      <input
        type="checkbox"
        checked={values[0] === 'true'}
        aria-labelledby={labelledBy}
        aria-describedby={describedBy}
        onChange={(event) => onValues([String(event.currentTarget.checked)])}
      />
      <span aria-hidden="true">{values[0] === 'true' ? 'Yes' : 'No'}</span>
    </label>
  )
}
