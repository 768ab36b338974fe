import {
  InteractionResponseType as Callback,
  InteractionType,
  MessageFlags,
  MessageReferenceType,
  MessageType,
  type APIApplicationCommandOptionChoice,
  type APIModalInteractionResponseCallbackData,
} from 'discord-api-types/v10'
import type { ShownMessage } from '../protocol.ts'
import { hasFlag } from './flags.ts'
import type { Interaction } from './interactions.ts'
import { createMessage, editMessage, type Files, type MessageBody } from './messages.ts'
import { tell, type Message, type State } from './state.ts'
import { invalidForm } from './validate/faults.ts'

export type CallbackBody =
  | { type: Callback.ChannelMessageWithSource | Callback.UpdateMessage; data: MessageBody }
  | { type: Callback.DeferredChannelMessageWithSource; data?: { flags?: number } | null }
  | { type: Callback.DeferredMessageUpdate }
  | { type: Callback.ApplicationCommandAutocompleteResult; data: { choices: APIApplicationCommandOptionChoice[] } }
  | { type: Callback.Modal; data: APIModalInteractionResponseCallbackData }

/** The first answer to an interaction. Returns the message it made or changed. Throws 50035 where the kind does not fit. */
export function answer(state: State, interaction: Interaction, body: CallbackBody, files: Files): Message | null {
  demandFitting(interaction, body.type)
  const { settle } = interaction
  switch (body.type) {
    case Callback.ChannelMessageWithSource: {
      const message = (interaction.original = reply(state, interaction, body.data, { files }))
      settle.acknowledge(body.type)
      settle.respond({ is: 'message', message })
      return message
    }
    case Callback.DeferredChannelMessageWithSource: {
      const flags = (body.data?.flags ?? 0) & MessageFlags.Ephemeral
      const message = (interaction.original = reply(state, interaction, { flags }, { thinking: true }))
      settle.acknowledge(body.type)
      return message
    }
    case Callback.DeferredMessageUpdate:
      interaction.original = interaction.source
      settle.acknowledge(body.type)
      return interaction.source
    case Callback.UpdateMessage: {
      const message = interaction.source as Message
      interaction.original = editMessage(state, message, { channel: interaction.channel, body: body.data, files })
      settle.acknowledge(body.type)
      settle.respond({ is: 'message', message })
      return message
    }
    case Callback.ApplicationCommandAutocompleteResult:
      settle.acknowledge(body.type)
      settle.respond({ is: 'choices', choices: body.data.choices })
      return null
    case Callback.Modal: {
      const modal = { id: interaction.id, modal: body.data, opener: interaction }
      state.modals.set(interaction.person, modal)
      tell(state, { is: 'modal', person: interaction.person, modal: { id: modal.id, modal: modal.modal } })
      settle.acknowledge(body.type)
      settle.respond({ is: 'modal', modal })
      return null
    }
  }
}

/** A further message of an answered interaction; the first one after a deferral fills that in. */
export function followUp(state: State, interaction: Interaction, body: MessageBody, files: Files): Message {
  const { original } = interaction
  if (original !== null && isLoading(original)) return editOriginal(state, interaction, original, body, files)
  const message = reply(state, interaction, body, { files, followsUp: original })
  interaction.settle.respond({ is: 'message', message })
  return message
}

export function editOriginal(
  state: State,
  interaction: Interaction,
  message: Message,
  body: MessageBody,
  files: Files,
): Message {
  editMessage(state, message, { channel: interaction.channel, body, files })
  interaction.settle.respond({ is: 'message', message })
  return message
}

function isLoading({ shown }: Message): boolean {
  return hasFlag(shown, MessageFlags.Loading)
}

function reply(
  state: State,
  interaction: Interaction,
  body: MessageBody,
  { files, thinking = false, followsUp = null }: { files?: Files; thinking?: boolean; followsUp?: Message | null },
): Message {
  const person = state.members.get(interaction.person)?.user
  const ephemeral = ((body.flags ?? 0) & MessageFlags.Ephemeral) !== 0
  const target = followsUp ?? interaction.source
  const menu = interaction.kind === 'menu'
  const opening = menu ? MessageType.ContextMenuCommand : MessageType.ChatInputCommand
  const type = target === null ? opening : MessageType.Reply
  const extra: Partial<ShownMessage> = {
    type,
    webhook_id: state.applicationId,
    application_id: state.applicationId,
    interaction_metadata: {
      id: interaction.id,
      type: interaction.type,
      user: person,
      authorizing_integration_owners: { 0: state.guild.id },
      ...(interaction.command === null ? {} : { name: interaction.command }),
    } as NonNullable<ShownMessage['interaction_metadata']>,
    ...(target === null
      ? {}
      : {
          message_reference: {
            type: MessageReferenceType.Default,
            message_id: target.shown.id,
            channel_id: interaction.channel.id,
            guild_id: state.guild.id,
          },
        }),
    ...(interaction.command === null || followsUp !== null
      ? {}
      : { interaction_label: `${person?.global_name ?? 'Someone'} used ${menu ? '' : '/'}${interaction.command}` }),
  }
  return createMessage(state, {
    channel: interaction.channel,
    author: state.bot,
    body,
    ...(files === undefined ? {} : { files }),
    onlyFor: ephemeral ? interaction.person : null,
    token: interaction.token,
    thinking,
    extra,
  })
}

/** Which answers Discord takes to which interaction. */
function demandFitting({ type, source }: Interaction, callback: Callback): void {
  const messages = [Callback.ChannelMessageWithSource, Callback.DeferredChannelMessageWithSource]
  const updates = source !== null ? [Callback.DeferredMessageUpdate, Callback.UpdateMessage] : []
  const fitting: readonly Callback[] = {
    [InteractionType.Ping]: [Callback.Pong],
    [InteractionType.ApplicationCommand]: [...messages, Callback.Modal],
    [InteractionType.MessageComponent]: [...messages, ...updates, Callback.Modal],
    [InteractionType.ApplicationCommandAutocomplete]: [Callback.ApplicationCommandAutocompleteResult],
    [InteractionType.ModalSubmit]: [...messages, ...updates],
  }[type]
  if (fitting.includes(callback)) return
  throw invalidForm([
    {
      path: ['type'],
      code: 'INTERACTION_CALLBACK_INVALID_TYPE',
      message: `This interaction can be answered with type ${fitting.join(', ')}, not ${callback}.`,
    },
  ])
}
