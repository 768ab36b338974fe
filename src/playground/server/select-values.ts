import { ComponentType as Type } from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import { addChannel, addRole, addUser, type Resolved } from './command-options.ts'
import type { Component } from './components.ts'
import type { State } from './state.ts'

/** Values of a select as a person chose them, by value or by label; people, roles and channels by id or name. */
export function resolveSelected(
  state: State,
  select: Component,
  chosen: readonly string[],
): { values: string[]; resolved: Resolved } {
  const resolved: Resolved = {}
  const values = chosen.map((text) => one(state, select, text, resolved) ?? unknown(select, text))
  const { min_values: min = 1, max_values: max = 1 } = select
  if (values.length < min) throw new UserError(`Select at least ${min}.`)
  if (values.length > max) throw new UserError(`Select at most ${max}.`)
  return { values, resolved }
}

function one(state: State, { type, options = [] }: Component, text: string, resolved: Resolved): string | null {
  switch (type) {
    case Type.StringSelect:
    case Type.RadioGroup:
    case Type.CheckboxGroup:
      return (options.find(({ value }) => value === text) ?? options.find(({ label }) => label === text))?.value ?? null
    case Type.UserSelect:
      return addUser(state, text, resolved)
    case Type.RoleSelect:
      return addRole(state, text, resolved)
    case Type.MentionableSelect:
      return addUser(state, text, resolved) ?? addRole(state, text, resolved)
    case Type.ChannelSelect:
      return addChannel(state, text, resolved)
    default:
      throw new UserError('Nothing can be selected there.')
  }
}

function unknown({ options = [] }: Component, text: string): never {
  const known = options.map(({ label }) => label).join(', ')
  throw new UserError(`There is no ${text} to select.${known === '' ? '' : ` There is ${known}.`}`)
}
