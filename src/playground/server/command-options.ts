import {
  ApplicationCommandOptionType as OptionType,
  type APIApplicationCommandBasicOption,
  type APIAttachment,
} from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import type { OptionValues } from '../protocol.ts'
import { storeAttachment, type IncomingFile } from './attachments.ts'
import { permissionsIn } from './permissions.ts'
import { isThread, type Channel, type State } from './state.ts'

export interface FilledOption {
  name: string
  type: OptionType
  value: string | number | boolean
  focused?: true
}

export interface Resolved {
  users?: Record<string, object>
  members?: Record<string, object>
  roles?: Record<string, object>
  channels?: Record<string, object>
  attachments?: Record<string, APIAttachment>
}

interface Filling {
  known: readonly APIApplicationCommandBasicOption[]
  values: OptionValues
  files: Readonly<Record<string, IncomingFile>>
  channel: Channel
  /** While typing, nothing is required yet, and the focused option may hold anything. */
  focused: string | null
}

/**
 * What a person filled in, as Discord's client would send it: checked against the command, people, roles and channels
 * looked up by id, mention or name. Throws UserError in the words a person reads beside the field.
 */
export function fillOptions(
  state: State,
  { known, values, files, channel, focused }: Filling,
): { options: FilledOption[]; resolved: Resolved } {
  const resolved: Resolved = {}
  const stray = [...Object.keys(values), ...Object.keys(files)].find((name) => !known.some((one) => one.name === name))
  if (stray !== undefined) {
    throw new UserError(`There is no option ${stray}. There is ${known.map((one) => one.name).join(', ') || 'none'}.`)
  }
  const options = known.flatMap((option): FilledOption[] => {
    const { name, type } = option
    const value = values[name]
    if (name === focused) return [{ name, type, value: value ?? '', focused: true }]
    const file = files[name]
    if (type === OptionType.Attachment && file !== undefined) {
      const attachment = storeAttachment(state, channel.id, file)
      resolved.attachments = { ...resolved.attachments, [attachment.id]: attachment }
      return [{ name, type, value: attachment.id }]
    }
    if (value === undefined || value === '') {
      if (option.required === true && focused === null)
        throw new UserError(`${name}: This option is required. Specify a value.`)
      return []
    }
    return [{ name, type, value: oneValue(state, option, value, resolved) }]
  })
  return { options, resolved }
}

function oneValue(
  state: State,
  option: APIApplicationCommandBasicOption,
  value: string | number | boolean,
  resolved: Resolved,
): string | number | boolean {
  const say = (why: string) => new UserError(`${option.name}: ${why}`)
  switch (option.type) {
    case OptionType.String: {
      const text = String(value)
      if (option.choices !== undefined && option.choices.length > 0) return choice(option.choices, text, say)
      if (option.max_length !== undefined && text.length > option.max_length)
        throw say(`Must be ${option.max_length} or fewer in length.`)
      if (option.min_length !== undefined && text.length < option.min_length)
        throw say(`Must be ${option.min_length} or more in length.`)
      return text
    }
    case OptionType.Integer:
    case OptionType.Number: {
      if (option.choices !== undefined && option.choices.length > 0) return choice(option.choices, String(value), say)
      const number = Number(value)
      if (!Number.isFinite(number)) throw say('Input a valid number.')
      if (option.type === OptionType.Integer && !Number.isInteger(number)) throw say('Input a valid integer.')
      if (option.min_value !== undefined && number < option.min_value)
        throw say(`Input a number ${option.min_value} or greater.`)
      if (option.max_value !== undefined && number > option.max_value)
        throw say(`Input a number ${option.max_value} or smaller.`)
      return number
    }
    case OptionType.Boolean:
      if (typeof value === 'boolean') return value
      if (value === 'true' || value === 'false') return value === 'true'
      throw say('Choose True or False.')
    case OptionType.User:
      return addUser(state, String(value), resolved) ?? fail(say('Select a user.'))
    case OptionType.Role:
      return addRole(state, String(value), resolved) ?? fail(say('Select a role.'))
    case OptionType.Mentionable:
      return (
        addUser(state, String(value), resolved) ??
        addRole(state, String(value), resolved) ??
        fail(say('Select a user or a role.'))
      )
    case OptionType.Channel:
      return addChannel(state, String(value), resolved) ?? fail(say('Select a channel.'))
    case OptionType.Attachment:
      throw say('Add a file.')
  }
}

function fail(error: Error): never {
  throw error
}

function choice<T extends string | number>(
  choices: readonly { name: string; value: T }[],
  text: string,
  say: (why: string) => Error,
): T {
  const found = choices.find((one) => String(one.value) === text) ?? choices.find((one) => one.name === text)
  if (found === undefined) throw say(`Choose one of ${choices.map((one) => one.name).join(', ')}.`)
  return found.value
}

/** Looks a person up by id, mention or name, and puts them among the resolved. */
export function addUser(state: State, text: string, resolved: Resolved): string | null {
  const plain = text.replace(/^<@!?(\d+)>$/, '$1').replace(/^@/, '')
  const member = [...state.members.values()].find(({ user }) =>
    [user.id, user.username, user.global_name].includes(plain),
  )
  if (member === undefined) return null
  const { user, roles, nick, avatar, joined_at, premium_since, flags, pending, communication_disabled_until } = member
  const permissions = String(
    [...state.channels.values()].slice(0, 1).map((one) => permissionsIn(state, user.id, one))[0] ?? 0n,
  )
  resolved.users = { ...resolved.users, [user.id]: user }
  resolved.members = {
    ...resolved.members,
    [user.id]: {
      roles,
      nick,
      avatar,
      joined_at,
      premium_since,
      flags,
      pending,
      communication_disabled_until,
      permissions,
    },
  }
  return user.id
}

export function addRole(state: State, text: string, resolved: Resolved): string | null {
  const plain = text.replace(/^<@&(\d+)>$/, '$1').replace(/^@/, '')
  const role = [...state.roles.values()].find(({ id, name }) => id === plain || name === plain)
  if (role === undefined) return null
  resolved.roles = { ...resolved.roles, [role.id]: role }
  return role.id
}

export function addChannel(state: State, text: string, resolved: Resolved): string | null {
  const plain = text.replace(/^<#(\d+)>$/, '$1').replace(/^#/, '')
  const channel = [...state.channels.values()].find(({ id, name }) => id === plain || name === plain)
  if (channel === undefined) return null
  const partial = {
    id: channel.id,
    name: channel.name,
    type: channel.type,
    permissions: String(permissionsIn(state, state.bot.id, channel)),
    app_permissions: String(permissionsIn(state, state.bot.id, channel)),
    ...(isThread(channel) ? { parent_id: channel.parent_id, thread_metadata: channel.thread_metadata } : {}),
  }
  resolved.channels = { ...resolved.channels, [channel.id]: partial }
  return channel.id
}
