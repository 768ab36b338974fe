import {
  type APIApplicationCommand,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
  ApplicationCommandOptionType,
  ApplicationCommandType,
} from 'discord-api-types/v10'

/** A command as a person picks it: subcommands stand for themselves, as in `/finetune start`. */
export interface FlatCommand {
  /** `finetune start` */
  path: string
  description: string
  application: string
  options: readonly APIApplicationCommandBasicOption[]
}

export function flattenCommands(commands: readonly APIApplicationCommand[]): FlatCommand[] {
  return commands
    .filter(({ type }) => type === ApplicationCommandType.ChatInput)
    .flatMap(({ name, description, options, application_id }) =>
      flatten(name, description, options ?? [], application_id),
    )
}

function flatten(
  path: string,
  description: string,
  options: readonly APIApplicationCommandOption[],
  application: string,
): FlatCommand[] {
  const inside = options.flatMap((option) =>
    option.type === ApplicationCommandOptionType.Subcommand ||
    option.type === ApplicationCommandOptionType.SubcommandGroup
      ? flatten(`${path} ${option.name}`, option.description, option.options ?? [], application)
      : [],
  )
  if (inside.length > 0) return inside
  return [{ path, description, application, options: options.filter(isBasic).sort(requiredFirst) }]
}

function isBasic(option: APIApplicationCommandOption): option is APIApplicationCommandBasicOption {
  return (
    option.type !== ApplicationCommandOptionType.Subcommand &&
    option.type !== ApplicationCommandOptionType.SubcommandGroup
  )
}

const requiredFirst = (a: APIApplicationCommandBasicOption, b: APIApplicationCommandBasicOption) =>
  Number(b.required ?? false) - Number(a.required ?? false)

/** The commands that a typed text may mean, the likeliest first. `fi st`, `start` and `/finetune start` all find it. */
export function findCommands(commands: readonly FlatCommand[], typed: string): FlatCommand[] {
  const words = typed.replace(/^\//, '').toLowerCase().split(/\s+/).filter(Boolean)
  const query = words.join(' ')
  const rank = ({ path }: FlatCommand) => {
    if (path.startsWith(query)) return 0
    const parts = path.split(' ')
    let from = 0
    const inOrder = words.every((word) => {
      const at = parts.findIndex((part, index) => index >= from && part.startsWith(word))
      from = at + 1
      return at >= 0
    })
    if (inOrder) return 1
    return words.every((word) => path.includes(word)) ? 2 : 3
  }
  return commands
    .map((command) => ({ command, rank: rank(command) }))
    .filter((one) => one.rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ command }) => command)
}
