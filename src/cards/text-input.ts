import { type APILabelComponent, ComponentType, TextInputStyle } from 'discord-api-types/v10'
import { MODAL_DESCRIPTION_LENGTH } from './limits.ts'
import { clip } from './user-text.ts'

/** A field of a form for text, under a label. `long` gives it several lines; it takes `least` to `most` characters. */
export function textInput({
  name,
  label,
  description,
  value = '',
  placeholder = '',
  long = false,
  required = true,
  least = null,
  most = null,
}: {
  name: string
  label: string
  description: string
  value?: string
  placeholder?: string
  long?: boolean
  required?: boolean
  least?: number | null
  most?: number | null
}): APILabelComponent {
  return {
    type: ComponentType.Label,
    label,
    description: clip(description, MODAL_DESCRIPTION_LENGTH),
    component: {
      type: ComponentType.TextInput,
      custom_id: name,
      style: long ? TextInputStyle.Paragraph : TextInputStyle.Short,
      required,
      ...(least === null ? {} : { min_length: least }),
      ...(most === null ? {} : { max_length: most }),
      ...(value === '' ? {} : { value }),
      ...(placeholder === '' ? {} : { placeholder }),
    },
  }
}
