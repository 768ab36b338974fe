import {
  ApplicationCommandType,
  ComponentType as Type,
  InteractionType,
  PermissionFlagsBits as May,
  type APIApplicationCommandOptionChoice,
} from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import type { OptionValues } from '../protocol.ts'
import type { IncomingFile } from './attachments.ts'
import { fillOptions, type Resolved } from './command-options.ts'
import { findCommand, offeredTo, type FoundCommand } from './commands.ts'
import { flatten, type Component } from './components.ts'
import { interactionPayload } from './interaction-payload.ts'
import { startInteraction, type Interaction } from './interactions.ts'
import { createMessage, deleteMessage } from './messages.ts'
import { modalAnswers, type ModalValues } from './modal-answers.ts'
import { canSee, may } from './permissions.ts'
import { resolveSelected } from './select-values.ts'
import { isThread, tell, type Channel, type Message, type State } from './state.ts'

/**
 * What a person can do, by ids. The page's socket and the tests' actors both end here. Throws UserError with what the
 * person would read; what the bot answers comes through the returned interaction.
 */

export type NamedFiles = Readonly<Record<string, IncomingFile>>

interface Typed {
  channel: string
  command: string
  options: OptionValues
  files?: NamedFiles
}

export function useCommand(
  state: State,
  person: string,
  { channel, command: path, options: values, files = {} }: Typed,
): Interaction {
  const where = writable(state, person, channel, May.UseApplicationCommands)
  const found = findCommand(state, person, path)
  const filled = fillOptions(state, { known: found.options, values, files, channel: where, focused: null })
  const data = commandData(found, filled.options, filled.resolved)
  const type = InteractionType.ApplicationCommand
  const command = [found.command.name, ...found.inside.map(({ name }) => name)].join(' ')
  const about = { kind: 'slash', type, person, channel: where, command, source: null } as const
  return startInteraction(state, about, interactionPayload(state, { type, person, channel: where, data }))
}

/** Asks the bot what could be typed into `focused`. */
export async function complete(
  state: State,
  person: string,
  { channel, command: path, options: values, focused }: Typed & { focused: string },
): Promise<APIApplicationCommandOptionChoice[]> {
  const where = visible(state, person, channel)
  const found = findCommand(state, person, path)
  const option = found.options.find(({ name }) => name === focused)
  if (option === undefined || !('autocomplete' in option) || !option.autocomplete)
    throw new UserError(`${focused} has no suggestions.`)
  const filled = fillOptions(state, { known: found.options, values, files: {}, channel: where, focused })
  const data = commandData(found, filled.options, filled.resolved)
  const type = InteractionType.ApplicationCommandAutocomplete
  const about = { kind: 'autocomplete', type, person, channel: where, command: path, source: null } as const
  const interaction = startInteraction(state, about, interactionPayload(state, { type, person, channel: where, data }))
  const response = await interaction.responded
  return response.is === 'choices' ? response.choices : []
}

export function useMessageCommand(
  state: State,
  person: string,
  { channel, message: id, command: name }: { channel: string; message: string; command: string },
): Interaction {
  const where = writable(state, person, channel, May.UseApplicationCommands)
  const target = visibleMessage(state, person, channel, id)
  const command = offeredTo(state, person).find(
    (one) => one.type === ApplicationCommandType.Message && one.name === name,
  )
  if (command === undefined) throw new UserError(`There is no message command ${name}.`)
  const data = {
    id: command.id,
    name,
    type: command.type,
    ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
    target_id: id,
    resolved: { messages: { [id]: target.shown } },
  }
  const type = InteractionType.ApplicationCommand
  const about = { kind: 'menu', type, person, channel: where, command: name, source: null } as const
  return startInteraction(state, about, interactionPayload(state, { type, person, channel: where, data }))
}

interface Touched {
  channel: string
  message: string
  custom_id: string
}

export function pressButton(state: State, person: string, { channel, message, custom_id }: Touched): Interaction {
  const { source, component } = componentOf(state, person, { channel, message, custom_id })
  if (component.type !== Type.Button) throw new UserError('That is not a button.')
  return touch(state, person, source, { component_type: component.type, custom_id, id: component.id })
}

export function selectValues(
  state: State,
  person: string,
  { channel, message, custom_id, values }: Touched & { values: readonly string[] },
): Interaction {
  const { source, component } = componentOf(state, person, { channel, message, custom_id })
  const selected = resolveSelected(state, component, values)
  const resolved = Object.keys(selected.resolved).length === 0 ? {} : { resolved: selected.resolved }
  return touch(state, person, source, {
    component_type: component.type,
    custom_id,
    id: component.id,
    values: selected.values,
    ...resolved,
  })
}

/** Sends a modal; it closes when the bot has taken it, and stays open with an error where it has not. */
export function submitModal(state: State, person: string, id: string, values: ModalValues): Interaction {
  const open = state.modals.get(person)
  if (open?.id !== id) throw new UserError('That modal is no longer open.')
  const { source, channel } = open.opener
  const { components, resolved } = modalAnswers(state, channel, open.modal.components as unknown as Component[], values)
  const data = { custom_id: open.modal.custom_id, components, resolved }
  const type = InteractionType.ModalSubmit
  const about = { kind: 'modal', type, person, channel, command: null, source } as const
  const interaction = startInteraction(state, about, interactionPayload(state, { type, person, channel, data, source }))
  interaction.acknowledged.then(
    () => closeModal(state, person, id),
    () => undefined,
  )
  return interaction
}

export function closeModal(state: State, person: string, id: string): void {
  if (state.modals.get(person)?.id !== id) return
  state.modals.delete(person)
  tell(state, { is: 'modal', person, modal: null })
}

export function sendAs(
  state: State,
  person: string,
  { channel, content, files = {} }: { channel: string; content: string; files?: NamedFiles },
): Message {
  const author = state.members.get(person)?.user
  if (author === undefined) throw new UserError('There is no such person.')
  const target = state.channels.get(channel)
  const where = writable(
    state,
    person,
    channel,
    target !== undefined && isThread(target) ? May.SendMessagesInThreads : May.SendMessages,
  )
  if (isThread(where) && where.thread_metadata.locked && !may(state, person, where, May.ManageThreads))
    throw new UserError('This thread is locked.')
  if (content.trim() === '' && Object.keys(files).length === 0) throw new UserError('Cannot send an empty message.')
  if (content.length > 2000)
    throw new UserError(`Your message is ${content.length} characters long; the limit is 2000.`)
  return createMessage(state, {
    channel: where,
    author,
    body: { content },
    files: new Map(Object.values(files).map((file, i) => [String(i), file])),
  })
}

/** Takes an ephemeral message off the screen of its person. */
export function dismiss(
  state: State,
  person: string,
  { channel, message }: { channel: string; message: string },
): void {
  const target = visibleMessage(state, person, channel, message)
  if (target.onlyFor !== person) throw new UserError('Only messages that are for you alone can be dismissed.')
  deleteMessage(state, target, 'person')
}

export function deleteAs(
  state: State,
  person: string,
  { channel, message }: { channel: string; message: string },
): void {
  const target = visibleMessage(state, person, channel, message)
  const own = target.shown.author.id === person || target.onlyFor === person
  if (!own && !may(state, person, visible(state, person, channel), May.ManageMessages))
    throw new UserError('You cannot delete this message.')
  deleteMessage(state, target, 'person')
}

function commandData({ command, inside }: FoundCommand, options: object[], resolved: Resolved): object {
  const nested = inside.reduceRight<object[]>((inner, { type, name }) => [{ type, name, options: inner }], options)
  return {
    id: command.id,
    name: command.name,
    type: ApplicationCommandType.ChatInput,
    ...(command.guild_id === undefined ? {} : { guild_id: command.guild_id }),
    options: nested,
    ...(Object.keys(resolved).length === 0 ? {} : { resolved }),
  }
}

function touch(state: State, person: string, source: Message, data: object): Interaction {
  const channel = visible(state, person, source.shown.channel_id)
  const type = InteractionType.MessageComponent
  const about = { kind: 'component', type, person, channel, command: null, source } as const
  return startInteraction(state, about, interactionPayload(state, { type, person, channel, data, source }))
}

function componentOf(
  state: State,
  person: string,
  { channel, message, custom_id }: Touched,
): { source: Message; component: Component } {
  const source = visibleMessage(state, person, channel, message)
  const component = flatten((source.shown.components ?? []) as Component[]).find((one) => one.custom_id === custom_id)
  if (component === undefined) throw new UserError('That message no longer has this control.')
  if (component.disabled === true) throw new UserError('That control is disabled.')
  return { source, component }
}

function visible(state: State, person: string, id: string): Channel {
  const channel = state.channels.get(id)
  if (channel === undefined || !canSee(state, person, channel)) throw new UserError('There is no such channel.')
  return channel
}

function writable(state: State, person: string, id: string, bits: bigint): Channel {
  const channel = visible(state, person, id)
  if (!may(state, person, channel, bits)) throw new UserError('You do not have permission to do that in this channel.')
  return channel
}

function visibleMessage(state: State, person: string, channel: string, id: string): Message {
  visible(state, person, channel)
  const message = state.messages.get(channel)?.get(id)
  if (message === undefined || (message.onlyFor !== null && message.onlyFor !== person))
    throw new UserError('That message is gone.')
  return message
}
