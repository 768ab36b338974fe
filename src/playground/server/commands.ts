import {
  ApplicationCommandOptionType as OptionType,
  ApplicationCommandType,
  ApplicationIntegrationType,
  InteractionContextType,
  type APIApplicationCommand,
  type APIApplicationCommandBasicOption,
  type APIApplicationCommandOption,
} from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import { guildPermissions } from './permissions.ts'
import { tell, type State } from './state.ts'

const EVERYWHERE = [InteractionContextType.Guild, InteractionContextType.BotDM, InteractionContextType.PrivateChannel]

export interface CommandBody {
  name: string
  type?: ApplicationCommandType | null
  description?: string
  options?: APIApplicationCommandOption[] | null
  default_member_permissions?: string | null
  nsfw?: boolean | null
  contexts?: InteractionContextType[] | null
  integration_types?: ApplicationIntegrationType[] | null
}

/** Commands of one scope: a guild's, or the global ones where `guild` is null. */
export function commandsOf(state: State, guild: string | null): APIApplicationCommand[] {
  return [...state.commands.values()].filter((one) => (one.guild_id ?? null) === guild)
}

/** Registers a command; the one with this id, or of the same name, type and scope, is replaced and keeps its id. */
export function putCommand(
  state: State,
  guild: string | null,
  body: CommandBody,
  id: string | null = null,
): APIApplicationCommand {
  const type = body.type ?? ApplicationCommandType.ChatInput
  const same = commandsOf(state, guild).find((one) => one.name === body.name && one.type === type)
  const command = {
    ...body,
    id: id ?? same?.id ?? state.nextId(),
    application_id: state.applicationId,
    ...(guild === null ? {} : { guild_id: guild }),
    type,
    version: state.nextId(),
    description: body.description ?? '',
    options: body.options ?? [],
    default_member_permissions: body.default_member_permissions ?? null,
    nsfw: body.nsfw ?? false,
    contexts: body.contexts ?? (guild === null ? EVERYWHERE : null),
    integration_types: body.integration_types ?? [ApplicationIntegrationType.GuildInstall],
  } as APIApplicationCommand
  state.commands.set(command.id, command)
  return command
}

export function commandsChanged(state: State): void {
  tell(state, { is: 'commands' })
}

/** What a person's command picker offers: a guild command hides the global one of its name; permissions are minded. */
export function offeredTo(state: State, person: string): APIApplicationCommand[] {
  const local = commandsOf(state, state.guild.id)
  const global = commandsOf(state, null).filter(
    (one) => !local.some(({ name, type }) => name === one.name && type === one.type),
  )
  const holds = guildPermissions(state, person)
  return [...local, ...global].filter(({ default_member_permissions: needed }) => {
    if (needed === null) return true
    // "0" means: nobody but administrators.
    if (needed === '0') return person === state.guild.ownerId
    return (holds & BigInt(needed)) === BigInt(needed)
  })
}

export interface FoundCommand {
  command: APIApplicationCommand
  /** Subcommand group and subcommand, outermost first. */
  inside: { type: OptionType.Subcommand | OptionType.SubcommandGroup; name: string }[]
  options: APIApplicationCommandBasicOption[]
}

/** The command a path such as `finetune start` names. Throws UserError with what there is instead. */
export function findCommand(state: State, person: string, path: string): FoundCommand {
  const [name, ...rest] = path.trim().replace(/^\//, '').split(/\s+/)
  const offered = offeredTo(state, person).filter(({ type }) => type === ApplicationCommandType.ChatInput)
  const command = offered.find((one) => one.name === name)
  if (command === undefined) {
    const names = offered.map((one) => `/${one.name}`).join(', ')
    throw new UserError(
      `There is no command /${name ?? ''} here. ${names === '' ? 'The bot has registered none.' : `There is ${names}.`}`,
    )
  }
  const inside: FoundCommand['inside'] = []
  let options: APIApplicationCommandOption[] = command.options ?? []
  for (const word of rest) {
    const next = options.find((one) => one.name === word)
    if (next === undefined || (next.type !== OptionType.Subcommand && next.type !== OptionType.SubcommandGroup)) {
      throw new UserError(`/${command.name} has no ${word}. It has ${options.map((one) => one.name).join(', ')}.`)
    }
    inside.push({ type: next.type, name: next.name })
    options = next.options ?? []
  }
  const deeper = options.filter(({ type }) => type === OptionType.Subcommand || type === OptionType.SubcommandGroup)
  if (deeper.length > 0)
    throw new UserError(`/${path} cannot be used alone. Add one of ${deeper.map((one) => one.name).join(', ')}.`)
  return { command, inside, options: options as APIApplicationCommandBasicOption[] }
}
