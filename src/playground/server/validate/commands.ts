import {
  ApplicationCommandOptionType as OptionType,
  ApplicationCommandType as Type,
  type APIApplicationCommand,
  type APIApplicationCommandOption,
} from 'discord-api-types/v10'
import type { CommandBody } from '../commands.ts'
import type { Path } from '../components.ts'
import { DiscordFailure } from '../failure.ts'
import { refuse, type Fault } from './faults.ts'
import { shapeFaults, shapes } from './spec.ts'

const NAME = /^[-_'\p{L}\p{N}\p{sc=Deva}\p{sc=Thai}]{1,32}$/u
const MAX_CHARACTERS = 8000
const MAX_COMMANDS = [
  { type: Type.ChatInput, most: 100 },
  { type: Type.User, most: 15 },
  { type: Type.Message, most: 15 },
]

/** Checks a bulk registration: a list of commands, none of them twice. */
export function checkCommands(bodies: unknown): asserts bodies is CommandBody[] {
  if (!Array.isArray(bodies)) refuse([{ path: [], code: 'BASE_TYPE_CONVERT', message: 'Expected a list of commands.' }])
  const list = bodies as CommandBody[]
  refuse(list.flatMap((body, index) => commandFaults(body, [index])))
  const seen = new Set<string>()
  const twice = list.flatMap((body, index): Fault[] => {
    const key = `${body.type ?? Type.ChatInput} ${body.name}`
    if (seen.has(key))
      return [
        {
          path: [index, 'name'],
          code: 'APPLICATION_COMMANDS_DUPLICATE_NAME',
          message: 'Application command names must be unique',
        },
      ]
    seen.add(key)
    return []
  })
  refuse(twice)
  demandRoom(list)
}

/** Checks one command that joins others of its scope. */
export function checkCommand(body: unknown, others: readonly APIApplicationCommand[]): asserts body is CommandBody {
  refuse(commandFaults(body, []))
  const one = body as CommandBody
  demandRoom([...others.filter(({ name, type }) => name !== one.name || type !== (one.type ?? Type.ChatInput)), one])
}

function demandRoom(commands: readonly { type?: Type | null }[]): void {
  for (const { type, most } of MAX_COMMANDS) {
    if (commands.filter((one) => (one.type ?? Type.ChatInput) === type).length > most) {
      throw new DiscordFailure(400, 30032, `Maximum number of application commands reached (${most})`)
    }
  }
}

function commandFaults(body: unknown, at: Path): Fault[] {
  // Sent as a string, specified as an integer.
  const permissions = (body as Partial<CommandBody> | null)?.default_member_permissions
  const shaped = typeof permissions === 'string' ? { ...(body as object), default_member_permissions: 0 } : body
  const shape = shapeFaults(shapes.command, shaped).map((one) => ({ ...one, path: [...at, ...one.path] }))
  if (shape.length > 0) return shape
  const command = body as CommandBody
  const type = command.type ?? Type.ChatInput
  const faults: Fault[] = []
  const say = (path: Path, code: string, message: string) => faults.push({ path: [...at, ...path], code, message })

  if (typeof permissions === 'string' && !/^\d+$/.test(permissions))
    say(['default_member_permissions'], 'NUMBER_TYPE_COERCE', `Value "${permissions}" is not int.`)
  if (type === Type.ChatInput) {
    if (!isName(command.name)) say(['name'], 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid')
    if (!command.description) say(['description'], 'BASE_TYPE_REQUIRED', 'This field is required')
  } else {
    if (command.description)
      say(
        ['description'],
        'APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID',
        'Context menu commands cannot have description',
      )
    if ((command.options ?? []).length > 0)
      say(['options'], 'APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_INVALID', 'Context menu commands cannot have options')
  }
  faults.push(...optionFaults(command.options ?? [], [...at, 'options'], 0))
  const size = characters(command)
  if (size > MAX_CHARACTERS)
    say([], 'APPLICATION_COMMAND_TOO_LARGE', `Command exceeds maximum size (${MAX_CHARACTERS}): ${size}`)
  return faults
}

/** `depth` 0: in the command, 1: in a group or subcommand, 2: in a subcommand of a group. */
function optionFaults(options: readonly APIApplicationCommandOption[], at: Path, depth: number): Fault[] {
  const nests = (one: APIApplicationCommandOption) =>
    one.type === OptionType.Subcommand || one.type === OptionType.SubcommandGroup
  const names = new Set<string>()
  let optional = false
  return options.flatMap((option, index) => {
    const path = [...at, index]
    const faults: Fault[] = []
    const say = (field: string, code: string, message: string) => faults.push({ path: [...path, field], code, message })
    if (!isName(option.name)) say('name', 'APPLICATION_COMMAND_INVALID_NAME', 'Command name is invalid')
    if (names.has(option.name)) say('name', 'APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_USED', 'Option name already used')
    names.add(option.name)
    if (option.description.length < 1) say('description', 'BASE_TYPE_REQUIRED', 'This field is required')
    if (nests(option) !== options.every(nests) && options.some(nests)) {
      say(
        'type',
        'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID',
        'Sub-command and sub-command group option types are mutually exclusive to all other types',
      )
    }
    if (option.type === OptionType.SubcommandGroup && depth > 0)
      say('type', 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Groups cannot be nested')
    if (option.type === OptionType.Subcommand && depth > 1)
      say('type', 'APPLICATION_COMMAND_OPTIONS_TYPE_INVALID', 'Sub-commands cannot be nested')
    if (nests(option))
      return [
        ...faults,
        ...optionFaults(('options' in option ? option.options : undefined) ?? [], [...path, 'options'], depth + 1),
      ]

    if (option.required === true && optional)
      say(
        'required',
        'APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID',
        'Required options must be placed before non-required options',
      )
    optional ||= option.required !== true
    return [...faults, ...valueFaults(option, path)]
  })
}

function valueFaults(option: APIApplicationCommandOption, path: Path): Fault[] {
  const loose = option as {
    autocomplete?: boolean
    choices?: { name: string; value: unknown }[]
    min_value?: number
    max_value?: number
    min_length?: number
    max_length?: number
  }
  const faults: Fault[] = []
  const say = (field: string, code: string, message: string) => faults.push({ path: [...path, field], code, message })
  if (loose.autocomplete === true && (loose.choices ?? []).length > 0)
    say(
      'autocomplete',
      'APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_CHOICES',
      'Autocomplete and choices are mutually exclusive',
    )
  for (const key of ['value', 'length'] as const) {
    const [min, max] = [loose[`min_${key}`], loose[`max_${key}`]]
    if (min !== undefined && max !== undefined && min > max)
      say(`min_${key}`, 'NUMBER_TYPE_MAX', `min_${key} must be max_${key} or less`)
  }
  const seen = new Set<string>()
  for (const [index, one] of (loose.choices ?? []).entries()) {
    if (seen.has(one.name))
      faults.push({
        path: [...path, 'choices', index, 'name'],
        code: 'APPLICATION_COMMAND_OPTIONS_CHOICE_NAME_ALREADY_EXISTS',
        message: 'Option choice name already exists',
      })
    seen.add(one.name)
  }
  return faults
}

function isName(name: string): boolean {
  return NAME.test(name) && name === name.toLowerCase()
}

/** Names, descriptions and choice values of a command and all that is in it. */
function characters(one: { name: string; description?: string; options?: unknown; choices?: unknown }): number {
  const options = (one.options ?? []) as Parameters<typeof characters>[0][]
  const choices = (one.choices ?? []) as { name: string; value: unknown }[]
  return (
    one.name.length +
    (one.description ?? '').length +
    options.reduce((sum, option) => sum + characters(option), 0) +
    choices.reduce((sum, choice) => sum + choice.name.length + String(choice.value).length, 0)
  )
}
