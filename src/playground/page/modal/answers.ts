import {
  type APIComponentInLabel,
  type APIModalInteractionResponseCallbackData,
  ComponentType,
} from 'discord-api-types/v10'
import type { UploadedFile } from '../../protocol.ts'
import { selectDefaults } from '../components/select-choices.ts'

/** What a person has put into a modal so far, by custom_id. */
export interface Answers {
  values: Readonly<Record<string, readonly string[]>>
  files: Readonly<Record<string, readonly UploadedFile[]>>
}

/** A modal's inputs, in order: those in labels, and text inputs in rows as older bots send them. */
export function modalInputs(modal: APIModalInteractionResponseCallbackData): APIComponentInLabel[] {
  return modal.components.flatMap((component) => {
    if (component.type === ComponentType.Label) return [component.component]
    return component.type === ComponentType.ActionRow ? component.components : []
  })
}

/** What a modal starts with: the values and defaults that the bot gave. */
export function firstAnswers(modal: APIModalInteractionResponseCallbackData): Answers {
  return {
    values: Object.fromEntries(modalInputs(modal).map((input) => [input.custom_id, firstValues(input)])),
    files: {},
  }
}

function firstValues(input: APIComponentInLabel): string[] {
  switch (input.type) {
    case ComponentType.TextInput:
      return [input.value ?? '']
    case ComponentType.Checkbox:
      return [String(input.default === true)]
    case ComponentType.RadioGroup:
    case ComponentType.CheckboxGroup:
      return input.options.filter((option) => option.default === true).map(({ value }) => value)
    case ComponentType.FileUpload:
      return []
    case ComponentType.StringSelect:
    case ComponentType.UserSelect:
    case ComponentType.RoleSelect:
    case ComponentType.MentionableSelect:
    case ComponentType.ChannelSelect:
      return selectDefaults(input)
  }
}

/** custom_id → what is wrong with its answer. A modal may be sent when nothing is. */
export function checkAnswers(modal: APIModalInteractionResponseCallbackData, answers: Answers): Record<string, string> {
  return Object.fromEntries(
    modalInputs(modal).flatMap((input) => {
      const wrong = checkAnswer(input, answers)
      return wrong === null ? [] : [[input.custom_id, wrong]]
    }),
  )
}

function checkAnswer(input: APIComponentInLabel, { values, files }: Answers): string | null {
  const given = values[input.custom_id] ?? []
  switch (input.type) {
    case ComponentType.TextInput: {
      const length = (given[0] ?? '').length
      if (length === 0) return input.required === false ? null : 'This field is required.'
      if (length < (input.min_length ?? 0)) return `Must be ${input.min_length ?? 0} or more in length.`
      return length > (input.max_length ?? 4000) ? `Must be ${input.max_length ?? 4000} or fewer in length.` : null
    }
    case ComponentType.Checkbox:
      return null
    case ComponentType.RadioGroup:
      return given.length === 0 && input.required !== false ? 'Pick one.' : null
    case ComponentType.CheckboxGroup:
      return checkCount(given.length, input.min_values ?? 1, input.max_values ?? input.options.length, input.required)
    case ComponentType.FileUpload:
      return checkCount(
        files[input.custom_id]?.length ?? 0,
        input.min_values ?? 1,
        input.max_values ?? 1,
        input.required,
      )
    case ComponentType.StringSelect:
    case ComponentType.UserSelect:
    case ComponentType.RoleSelect:
    case ComponentType.MentionableSelect:
    case ComponentType.ChannelSelect:
      return checkCount(given.length, input.min_values ?? 1, input.max_values ?? 1, input.required)
  }
}

function checkCount(count: number, min: number, max: number, required: boolean | undefined): string | null {
  if (count === 0) return required === false || min === 0 ? null : 'This field is required.'
  if (count < min) return `Pick at least ${min}.`
  return count > max ? `Pick at most ${max}.` : null
}
