import {
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOptionChoice,
  ApplicationCommandOptionType as OptionType,
} from 'discord-api-types/v10'
import type { OptionValues, State, UploadedFile } from '../../protocol.ts'
import { nameOf } from '../names.ts'
import type { FlatCommand } from './flat-command.ts'

/** One option of a command while it is filled in. */
export interface Field {
  option: APIApplicationCommandBasicOption
  /** What stands in the pill. */
  text: string
  /** What was chosen from a list; null where the text itself is the value. */
  chosen: string | number | boolean | null
  file: UploadedFile | null
}

/** A command while it is filled in: its required options, then the optional ones that were asked for. */
export interface Draft {
  command: FlatCommand
  fields: readonly Field[]
}

export function startDraft(command: FlatCommand): Draft {
  return { command, fields: command.options.filter(({ required }) => required === true).map(emptyField) }
}

export function addField(draft: Draft, name: string): Draft {
  const option = draft.command.options.find((one) => one.name === name)
  if (!option || draft.fields.some((field) => field.option.name === name)) return draft
  return { ...draft, fields: [...draft.fields, emptyField(option)] }
}

/**
 * A command with what was written behind its name, as Discord reads what is pasted: `model:a/b dataset:imdb`. Null when
 * the text is not made of the command's options.
 */
export function readWritten(command: FlatCommand, written: string): Draft | null {
  const names = command.options.map(({ name }) => name).join('|')
  const parts = names === '' ? [] : written.trim().split(new RegExp(`(?:^|\\s+)(${names}):`))
  if (parts.length < 3 || parts[0] !== '') return null
  let draft = startDraft(command)
  for (let at = 1; at < parts.length; at += 2) {
    const name = parts[at] ?? ''
    draft = changeField(addField(draft, name), name, { text: (parts[at + 1] ?? '').trim() })
  }
  return draft
}

/** Where somebody begins another option inside of one: `a/b dataset:` is the value `a/b`, then the option `dataset`. */
export function nextOption(draft: Draft, text: string): { value: string; name: string; rest: string } | null {
  const [, value, name, rest] = /^(|.*\s)([\w-]+):(.*)$/s.exec(text) ?? []
  if (value === undefined || name === undefined || rest === undefined) return null
  const isEmpty = draft.fields.some(
    ({ option, text, chosen }) => option.name === name && text === '' && chosen === null,
  )
  const isLeft = optionsLeft(draft).some((option) => option.name === name)
  return isLeft || isEmpty ? { value: value.trim(), name, rest } : null
}

/** Takes an optional option out again; a required one stays and is emptied. */
export function removeField(draft: Draft, name: string): Draft {
  const fields = draft.fields.flatMap((field) => {
    if (field.option.name !== name) return [field]
    return field.option.required === true ? [emptyField(field.option)] : []
  })
  return { ...draft, fields }
}

export function changeField(draft: Draft, name: string, change: Partial<Omit<Field, 'option'>>): Draft {
  return { ...draft, fields: draft.fields.map((one) => (one.option.name === name ? { ...one, ...change } : one)) }
}

export function optionsLeft(draft: Draft): APIApplicationCommandBasicOption[] {
  return draft.command.options.filter(({ name }) => !draft.fields.some((field) => field.option.name === name))
}

export interface ReadDraft {
  options: OptionValues
  files: Readonly<Record<string, UploadedFile>>
  /** Option → what is wrong with it. */
  errors: Readonly<Record<string, string>>
}

/** What a draft says so far. It may be sent when there are no errors. */
export function readDraft(draft: Draft): ReadDraft {
  const options: Record<string, string | number | boolean> = {}
  const files: Record<string, UploadedFile> = {}
  const errors: Record<string, string> = {}
  for (const field of draft.fields) {
    const { name, required } = field.option
    if (field.file) files[name] = field.file
    else if (field.text.trim() === '' && field.chosen === null) {
      if (required === true) errors[name] = 'This option is required. Specify a value.'
    } else {
      const value = readField(field)
      if ('error' in value) errors[name] = value.error
      else options[name] = value.value
    }
  }
  return { options, files, errors }
}

type Value = { value: string | number | boolean } | { error: string }

function readField({ option, text, chosen }: Field): Value {
  const typed = text.trim()
  if (chosen !== null) return { value: chosen }
  const fixed = fixedChoices(option)
  if (fixed) {
    const choice = fixed.find(({ name }) => name.toLowerCase() === typed.toLowerCase())
    return choice ? { value: choice.value } : { error: 'Pick one of the choices.' }
  }
  switch (option.type) {
    case OptionType.String: {
      // Either kind of string option has these, but the types say so only of one.
      const { min_length: min = 0, max_length: max = 6000 } = option as { min_length?: number; max_length?: number }
      if (typed.length < min) return { error: `Must be ${min} or more in length.` }
      return typed.length > max ? { error: `Must be ${max} or fewer in length.` } : { value: typed }
    }
    case OptionType.Integer:
    case OptionType.Number: {
      const number = Number(typed)
      if (!Number.isFinite(number)) return { error: 'Input a valid number.' }
      if (option.type === OptionType.Integer && !Number.isSafeInteger(number)) {
        return { error: 'Input a valid integer.' }
      }
      const { min_value: min = -Infinity, max_value: max = Infinity } = option
      if (number < min) return { error: `Must be ${min} or more.` }
      return number > max ? { error: `Must be ${max} or less.` } : { value: number }
    }
    case OptionType.Boolean:
      if (/^(?:true|false)$/i.test(typed)) return { value: typed.toLowerCase() === 'true' }
      return { error: 'Pick True or False.' }
    case OptionType.Attachment:
      return { error: 'Choose a file.' }
    case OptionType.User:
    case OptionType.Channel:
    case OptionType.Role:
    case OptionType.Mentionable:
      return { error: 'Pick one from the list.' }
  }
}

/** The choices that the command itself lists, which are then the only ones. */
function fixedChoices(option: APIApplicationCommandBasicOption): readonly APIApplicationCommandOptionChoice[] | null {
  const choices = 'choices' in option ? (option.choices as APIApplicationCommandOptionChoice[] | undefined) : undefined
  return choices && choices.length > 0 ? choices : null
}

/** What an option can be, where that is known without asking the bot; null where anything may be typed. */
export function knownChoices(
  option: APIApplicationCommandBasicOption,
  state: State,
): readonly (APIApplicationCommandOptionChoice | { name: string; value: boolean })[] | null {
  const users = () =>
    [...state.people, ...state.bots].map(({ user }) => ({ name: nameOf(state, user), value: user.id }))
  const roles = () => state.roles.map(({ id, name }) => ({ name: `@${name}`, value: id }))
  switch (option.type) {
    case OptionType.String:
    case OptionType.Integer:
    case OptionType.Number:
      return fixedChoices(option)
    case OptionType.Boolean:
      return [
        { name: 'True', value: true },
        { name: 'False', value: false },
      ]
    case OptionType.User:
      return users()
    case OptionType.Role:
      return roles()
    case OptionType.Mentionable:
      return [...users(), ...roles()]
    case OptionType.Channel: {
      const types = option.channel_types
      return state.channels
        .filter((channel) => !types || types.some((type) => type === channel.type))
        .map((channel) => ({ name: `#${channel.name ?? channel.id}`, value: channel.id }))
    }
    case OptionType.Attachment:
      return null
  }
}

/** Whether the bot is asked for choices while an option is typed. */
export function autocompletes(option: APIApplicationCommandBasicOption): boolean {
  return 'autocomplete' in option && option.autocomplete
}

/** What kind of value an option takes, in a few words. */
export function describeRange(option: APIApplicationCommandBasicOption): string | null {
  if (option.type !== OptionType.Integer && option.type !== OptionType.Number) return null
  const kind = option.type === OptionType.Integer ? 'a whole number' : 'a number'
  const { min_value: min, max_value: max } = option
  if (min !== undefined && max !== undefined) return `${kind} from ${min} to ${max}`
  if (min !== undefined) return `${kind}, ${min} or more`
  return max === undefined ? kind : `${kind}, at most ${max}`
}

function emptyField(option: APIApplicationCommandBasicOption): Field {
  return { option, text: '', chosen: null, file: null }
}
