import { ButtonStyle, ComponentType as Type, MessageFlags, MessageType } from 'discord-api-types/v10'
import type { OpenModal, ShownMessage } from '../protocol.ts'
import { flatten, type Component } from './components.ts'
import { hasFlag } from './flags.ts'
import { canSee } from './permissions.ts'
import { isThread, type Channel, type Message, type State } from './state.ts'

export interface ButtonOnScreen {
  label: string
  custom_id: string
  disabled: boolean
}

/** What a person sees of a channel, or of all channels they can see, newest last. */
export function screenText(state: State, person: string, channel: string | null): string {
  const channels = [...state.channels.values()].filter(
    (one) => (channel === null || one.id === channel) && canSee(state, person, one),
  )
  return channels
    .map((one) =>
      [title(state, one), ...visibleMessages(state, person, one.id).map((message) => messageText(state, message))].join(
        '\n',
      ),
    )
    .join('\n\n')
}

export function visibleMessages(state: State, person: string, channel: string): Message[] {
  return [...(state.messages.get(channel)?.values() ?? [])].filter(
    ({ onlyFor }) => onlyFor === null || onlyFor === person,
  )
}

function title(state: State, channel: Channel): string {
  if (!isThread(channel)) return `#${channel.name}`
  const { archived, locked } = channel.thread_metadata
  const marks = [archived ? 'archived' : '', locked ? 'locked' : ''].filter(Boolean).join(', ')
  return `#${state.channels.get(channel.parent_id)?.name ?? '?'} > ${channel.name}${marks === '' ? '' : ` (${marks})`}`
}

/** One message as plain text: who, then what, then what can be pressed. */
export function messageText(state: State, { shown, onlyFor }: Message): string {
  const author = shown.author.global_name ?? shown.author.username
  const marks = [
    onlyFor === null ? '' : 'only you can see this',
    shown.edited_timestamp === null ? '' : 'edited',
    shown.pinned ? 'pinned' : '',
  ].filter(Boolean)
  const head = `${author}${marks.length === 0 ? '' : ` (${marks.join(', ')})`}:`
  const lines = [
    ...(shown.interaction_label === undefined ? [] : [shown.interaction_label]),
    head,
    ...contentLines(shown),
  ]
  return names(state, lines.filter((line) => line !== '').join('\n'))
}

function contentLines(shown: ShownMessage): string[] {
  if (shown.thinking === true) return [`${shown.author.username} is thinking…`]
  if (shown.type === MessageType.ThreadCreated) return [`started a thread: ${shown.content}`]
  if (shown.type === MessageType.ChannelPinnedMessage) return ['pinned a message to this channel.']
  const v2 = hasFlag(shown, MessageFlags.IsComponentsV2)
  const embeds = shown.embeds.flatMap((one) => [
    one.author?.name ?? '',
    one.title ?? '',
    one.description ?? '',
    ...(one.fields ?? []).map(({ name, value }) => `${name}: ${value}`),
    one.footer?.text ?? '',
  ])
  // With components a file is only seen where one of them shows it.
  const files = v2 ? [] : shown.attachments.map(({ filename }) => `(file: ${filename})`)
  const reactions = (shown.reactions ?? []).map(({ emoji, count }) => `${emoji.name ?? ''} ${count}`).join('  ')
  return [shown.content, ...embeds, ...files, ...componentLines((shown.components ?? []) as Component[]), reactions]
}

export function componentLines(components: readonly Component[]): string[] {
  return components.flatMap((one): string[] => {
    switch (one.type) {
      case Type.TextDisplay:
        return [one.content ?? '']
      case Type.ActionRow:
        return [componentLines(one.components ?? []).join(' ')]
      case Type.Section:
        return [
          ...componentLines(one.components ?? []),
          ...(one.accessory === undefined ? [] : componentLines([one.accessory])),
        ]
      case Type.Container:
        return componentLines(one.components ?? [])
      case Type.Button:
        return [buttonText(one)]
      case Type.Separator:
        return ['────']
      case Type.Thumbnail:
        return [`(picture: ${one.description ?? one.media?.url ?? ''})`]
      case Type.MediaGallery:
        return (one.items ?? []).map(({ media, description }) => `(picture: ${description ?? media.url})`)
      case Type.File:
        return [`(file: ${one.name ?? one.file?.url ?? ''})`]
      case Type.Label:
        return [
          `${one.label ?? ''}${one.description ? ` (${one.description})` : ''}`,
          ...(one.component === undefined ? [] : componentLines([one.component])),
        ]
      case Type.TextInput:
        return [`${one.label ?? ''}[${one.value ?? one.placeholder ?? ''}]`]
      default:
        return [selectText(one)]
    }
  })
}

export function labelOf({ label, emoji }: Component): string {
  return [emoji?.name ?? '', label ?? ''].filter(Boolean).join(' ')
}

function buttonText(button: Component): string {
  const text = `[${labelOf(button)}]`
  if (button.style === ButtonStyle.Link) return `${text}(${button.url ?? ''})`
  return button.disabled === true ? `${text} (disabled)` : text
}

function selectText({ placeholder, options, disabled }: Component): string {
  const choices = (options ?? []).map((one) => (one.default === true ? `*${one.label}` : one.label)).join(' | ')
  return `<${[placeholder ?? 'Make a selection', choices].filter(Boolean).join(': ')}>${disabled === true ? ' (disabled)' : ''}`
}

export function buttonsOf({ shown }: Message): ButtonOnScreen[] {
  return flatten((shown.components ?? []) as Component[])
    .filter(({ type, custom_id }) => type === Type.Button && custom_id !== undefined)
    .map((one) => ({ label: labelOf(one), custom_id: one.custom_id ?? '', disabled: one.disabled === true }))
}

export function modalText(state: State, { modal }: OpenModal): string {
  return names(state, [modal.title, ...componentLines(modal.components as unknown as Component[])].join('\n'))
}

/** `<@id>` → `@Alice`, `<@&id>` → `@reviewer`, `<#id>` → `#training`. */
function names(state: State, text: string): string {
  return text
    .replace(/<@!?(\d+)>/g, (raw, id: string) => {
      const user = state.members.get(id)?.user
      return user === undefined ? raw : `@${user.global_name ?? user.username}`
    })
    .replace(/<@&(\d+)>/g, (raw, id: string) => `@${state.roles.get(id)?.name ?? raw}`)
    .replace(/<#(\d+)>/g, (raw, id: string) => `#${state.channels.get(id)?.name ?? raw}`)
}
