import { ComponentType as Type } from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import { storeAttachment, type IncomingFile } from './attachments.ts'
import type { Resolved } from './command-options.ts'
import type { Component } from './components.ts'
import { resolveSelected } from './select-values.ts'
import type { Channel, State } from './state.ts'

/** By custom_id or by label: text inputs, radio groups and checkboxes one value, selects several, uploads files. */
export type ModalValues = Readonly<Record<string, string | boolean | readonly string[] | readonly IncomingFile[]>>

/** The components of a modal submit. What a person left alone keeps the value the bot gave it. */
export function modalAnswers(
  state: State,
  channel: Channel,
  components: readonly Component[],
  values: ModalValues,
): { components: object[]; resolved: Resolved } {
  const resolved: Resolved = {}
  const used = new Set<string>()
  const take = (label: string, input: Component) => {
    const key = [input.custom_id ?? '', label].find((one) => one !== '' && one in values)
    if (key !== undefined) used.add(key)
    return key === undefined ? undefined : values[key]
  }
  const answers = components.map((one): object => {
    if (one.type === Type.Label && one.component !== undefined) {
      const label = one.label ?? ''
      return {
        type: one.type,
        id: one.id,
        component: answer(state, channel, one.component, { label, given: take(label, one.component), resolved }),
      }
    }
    if (one.type === Type.ActionRow) {
      const inside = (one.components ?? []).map((input) => {
        const label = input.label ?? ''
        return answer(state, channel, input, { label, given: take(label, input), resolved })
      })
      return { type: one.type, id: one.id, components: inside }
    }
    return { type: one.type, id: one.id }
  })
  const stray = Object.keys(values).find((key) => !used.has(key))
  if (stray !== undefined) {
    const fields = components.map((one) => one.label ?? one.components?.[0]?.label ?? '').filter(Boolean)
    throw new UserError(`The modal has no field ${stray}. It has ${fields.join(', ') || 'none'}.`)
  }
  return { components: answers, resolved }
}

interface Given {
  label: string
  given: ModalValues[string] | undefined
  resolved: Resolved
}

function answer(state: State, channel: Channel, input: Component, { label, given, resolved }: Given): object {
  const { type, id, custom_id, required = true } = input
  const base = { type, id, custom_id }
  const missing = () => new UserError(`${label}: This field is required.`)
  switch (type) {
    case Type.TextInput: {
      const value = given === undefined ? (input.value ?? '') : String(first(given))
      if (value === '' && required) throw missing()
      if (value.length > (input.max_length ?? 4000))
        throw new UserError(`${label}: Must be ${input.max_length ?? 4000} or fewer in length.`)
      if (value !== '' && value.length < (input.min_length ?? 0))
        throw new UserError(`${label}: Must be ${input.min_length ?? 0} or more in length.`)
      return { ...base, value }
    }
    case Type.Checkbox: {
      const value =
        given === undefined
          ? (input as { default?: boolean }).default === true
          : ['true', true].includes(first(given) as string | boolean)
      return { ...base, value }
    }
    case Type.FileUpload: {
      const files = (Array.isArray(given) ? given : []) as readonly IncomingFile[]
      if (files.length === 0 && required && input.min_values !== 0) throw missing()
      const attachments = files.map((file) => storeAttachment(state, channel.id, file))
      for (const one of attachments) resolved.attachments = { ...resolved.attachments, [one.id]: one }
      return { ...base, values: attachments.map((one) => one.id) }
    }
    default: {
      const defaults = (input.options ?? []).filter((one) => one.default === true).map(({ value }) => value)
      const chosen = given === undefined ? defaults : strings(given)
      if (chosen.length === 0) {
        if (required && input.min_values !== 0) throw missing()
        return type === Type.RadioGroup ? { ...base, value: null } : { ...base, values: [] }
      }
      const max = input.max_values ?? (type === Type.CheckboxGroup ? (input.options ?? []).length : 1)
      const selected = resolveSelected(state, { ...input, max_values: max }, chosen)
      for (const kind of ['users', 'members', 'roles', 'channels'] as const) {
        const all = selected.resolved[kind]
        if (all !== undefined) resolved[kind] = { ...resolved[kind], ...all }
      }
      return type === Type.RadioGroup ? { ...base, value: selected.values[0] } : { ...base, values: selected.values }
    }
  }
}

function first(given: ModalValues[string]): unknown {
  return typeof given === 'object' ? (given[0] ?? '') : given
}

function strings(given: ModalValues[string]): string[] {
  return (Array.isArray(given) ? given : [given]).map(String)
}
