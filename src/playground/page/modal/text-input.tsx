import { type APITextInputComponent, TextInputStyle } from 'discord-api-types/v10'
import type { FieldProps } from './modal-field.tsx'

/** A line or a paragraph of text. How much fits is said once it begins to matter. */
export function TextInput({
  input,
  values,
  onValues,
  labelledBy,
  describedBy,
  invalid,
}: FieldProps & { input: APITextInputComponent }) {
  const text = values[0] ?? ''
  const most = input.max_length ?? 4000
  const shared = {
    name: input.custom_id,
    value: text,
    placeholder: input.placeholder,
    maxLength: most,
    'aria-labelledby': labelledBy,
    'aria-describedby': describedBy,
    'aria-invalid': invalid,
    autocomplete: 'off',
  } as const
  return (
    <div class="text-input">
      {input.style === TextInputStyle.Short ? (
        <input type="text" {...shared} onInput={(event) => onValues([event.currentTarget.value])} />
      ) : (
        <textarea rows={4} {...shared} onInput={(event) => onValues([event.currentTarget.value])} />
      )}
      {(input.style === TextInputStyle.Paragraph || text.length > most * 0.8) && (
        <small class="text-left" aria-hidden="true">
          {most - text.length}
        </small>
      )}
    </div>
  )
}
