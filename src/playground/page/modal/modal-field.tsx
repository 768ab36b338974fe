import { type APIComponentInLabel, ComponentType } from 'discord-api-types/v10'
import { useId } from 'preact/hooks'
import type { UploadedFile } from '../../protocol.ts'
import { SelectMenu } from '../components/select-menu.tsx'
import { selectChoices } from '../components/select-choices.ts'
import { usePage } from '../screen-context.ts'
import { CheckboxField } from './checkbox.tsx'
import { FileUpload } from './file-upload.tsx'
import { OptionGroup } from './option-group.tsx'
import { TextInput } from './text-input.tsx'

export interface FieldProps {
  values: readonly string[]
  onValues: (values: readonly string[]) => void
  /** Ids of the elements that name and explain the input. */
  labelledBy: string
  describedBy: string
  invalid: boolean
}

/** A labelled input of a modal: name, explanation, input, and what is wrong with it. */
export function ModalField({
  input,
  label,
  description,
  values,
  files,
  wrong,
  onValues,
  onFiles,
}: {
  input: APIComponentInLabel
  label: string
  description: string | null
  values: readonly string[]
  files: readonly UploadedFile[]
  wrong: string | null
  onValues: (values: readonly string[]) => void
  onFiles: (files: readonly UploadedFile[]) => void
}) {
  const id = useId()
  const needed = input.type !== ComponentType.Checkbox && input.required !== false
  const props: FieldProps = {
    values,
    onValues,
    labelledBy: `${id}-label`,
    describedBy: `${id}-about`,
    invalid: wrong !== null,
  }
  return (
    <div class={wrong === null ? 'field' : 'field field-wrong'}>
      <span id={props.labelledBy} class="field-label">
        {label}
        {needed && (
          <b class="field-needed" title="required">
            {' *'}
          </b>
        )}
      </span>
      <span id={props.describedBy} class="field-about">
        {description !== null && <span>{description}</span>}
        {wrong !== null && (
          <span class="field-error" role="alert">
            {wrong}
          </span>
        )}
      </span>
      <Input input={input} files={files} onFiles={onFiles} props={props} />
    </div>
  )
}

function Input({
  input,
  files,
  onFiles,
  props,
}: {
  input: APIComponentInLabel
  files: readonly UploadedFile[]
  onFiles: (files: readonly UploadedFile[]) => void
  props: FieldProps
}) {
  const { state } = usePage()
  switch (input.type) {
    case ComponentType.TextInput:
      return <TextInput input={input} {...props} />
    case ComponentType.Checkbox:
      return <CheckboxField {...props} />
    case ComponentType.RadioGroup:
      return <OptionGroup kind="radio" options={input.options} {...props} />
    case ComponentType.CheckboxGroup:
      return <OptionGroup kind="checkbox" options={input.options} {...props} />
    case ComponentType.FileUpload:
      return <FileUpload input={input} files={files} onFiles={onFiles} {...props} />
    case ComponentType.StringSelect:
    case ComponentType.UserSelect:
    case ComponentType.RoleSelect:
    case ComponentType.MentionableSelect:
    case ComponentType.ChannelSelect:
      return (
        <SelectMenu
          choices={selectChoices(state, input)}
          chosen={props.values}
          placeholder={input.placeholder ?? 'Make a selection'}
          min={input.required === false ? 0 : (input.min_values ?? 1)}
          max={input.max_values ?? 1}
          labelledBy={props.labelledBy}
          onChoose={props.onValues}
        />
      )
  }
}
