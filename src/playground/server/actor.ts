import { ComponentType as Type, type APIApplicationCommandOptionChoice } from 'discord-api-types/v10'
import { UserError } from '../../user-error.ts'
import type { OpenModal, OptionValues, ShownMessage } from '../protocol.ts'
import { flatten, type Component } from './components.ts'
import { eventually } from './eventually.ts'
import type { ModalValues } from './modal-answers.ts'
import { outcome, type Screen } from './outcome.ts'
import { canSee } from './permissions.ts'
import { buttonsOf, labelOf, modalText, screenText, visibleMessages, type ButtonOnScreen } from './screen.ts'
import type { Message, State } from './state.ts'
import {
  closeModal,
  complete,
  deleteAs,
  dismiss,
  pressButton,
  selectValues,
  sendAs,
  submitModal,
  useCommand,
  useMessageCommand,
  type NamedFiles,
} from './verbs.ts'

/** A person of the playground. Everything a bot does wrong is what this person would see: a rejection with its words. */
export interface Actor {
  readonly id: string
  /** `command('finetune start', { model: 'x' })`, in #training or another channel. */
  command(path: string, options?: OptionValues, where?: string | null, files?: NamedFiles): Promise<Screen>
  autocomplete(
    path: string,
    options: OptionValues,
    focused: string,
    where?: string | null,
  ): Promise<APIApplicationCommandOptionChoice[]>
  /** Presses the newest button with this label or custom_id that the person sees, or the one in `message`. */
  press(target: string, message?: string | null): Promise<Screen>
  /** By placeholder or custom_id; values by label or value, people, roles and channels by name. */
  select(target: string, values: string | readonly string[], message?: string | null): Promise<Screen>
  /** Sends the open modal; fields by label or custom_id. */
  submit(values?: ModalValues): Promise<Screen>
  closeModal(): void
  /** The open modal, and as plain text. */
  modal(): { open: OpenModal; text: string } | null
  messageCommand(message: string, name: string): Promise<Screen>
  send(content: string, channel?: string, files?: NamedFiles): ShownMessage
  dismiss(message: string): void
  delete(message: string): void
  /** What the person sees of a channel or thread, or of all of them, newest last. */
  screen(channel?: string | null): string
  /** The messages the person sees in a channel, oldest first. */
  messages(channel?: string): ShownMessage[]
  /** Resolves with the screen once it matches; rejects with the screen where it does not in time. */
  waitFor(
    what: RegExp | ((screen: string) => boolean),
    options?: { timeout?: number; channel?: string | null },
  ): Promise<string>
  buttons(message: string): ButtonOnScreen[]
  /** Messages that notified this person, oldest first. */
  readonly pings: ShownMessage[]
}

export function createActor(state: State, id: string, home: string): Actor {
  const shown = (channel: string) => visibleMessages(state, id, channel)
  const everywhere = () =>
    [...state.channels.values()]
      .filter((one) => canSee(state, id, one))
      .flatMap((one) => shown(one.id))
      .sort((a, b) => (BigInt(a.shown.id) < BigInt(b.shown.id) ? 1 : -1))
  const messageOf = (message: string) => {
    const found = everywhere().find((one) => one.shown.id === message)
    if (found === undefined) throw new UserError(`${nameOf(state, id)} sees no message ${message}.`)
    return found
  }
  const find = (message: string | null, fits: (one: Component) => boolean, what: string) => {
    const candidates = message === null ? everywhere() : [messageOf(message)]
    for (const one of candidates) {
      const component = componentsOf(one).find(fits)
      if (component?.custom_id !== undefined)
        return { channel: one.shown.channel_id, message: one.shown.id, custom_id: component.custom_id }
    }
    const seen = candidates.flatMap((one) => buttonsOf(one).map(({ label }) => `[${label}]`))
    throw new UserError(`${nameOf(state, id)} sees no ${what}. There is ${seen.join(' ') || 'nothing to press'}.`)
  }

  return {
    id,
    command: async (path, options = {}, where = null, files = {}) =>
      outcome(state, useCommand(state, id, { channel: where ?? home, command: path, options, files })),
    autocomplete: (path, options, focused, where = null) =>
      complete(state, id, { channel: where ?? home, command: path, options, focused }),
    press: async (target, message = null) => {
      const isIt = (one: Component) =>
        one.type === Type.Button && (labelOf(one) === target || one.label === target || one.custom_id === target)
      return outcome(state, pressButton(state, id, find(message, isIt, `button ${target}`)))
    },
    select: async (target, values, message = null) => {
      const isIt = (one: Component) =>
        one.type !== Type.Button && (one.placeholder === target || one.custom_id === target)
      const place = find(message, isIt, `select ${target}`)
      return outcome(
        state,
        selectValues(state, id, { ...place, values: typeof values === 'string' ? [values] : values }),
      )
    },
    submit: async (values = {}) => {
      const open = state.modals.get(id)
      if (open === undefined) throw new UserError(`${nameOf(state, id)} has no modal open.`)
      return outcome(state, submitModal(state, id, open.id, values))
    },
    closeModal: () => {
      const open = state.modals.get(id)
      if (open !== undefined) closeModal(state, id, open.id)
    },
    modal: () => {
      const open = state.modals.get(id)
      return open === undefined ? null : { open: { id: open.id, modal: open.modal }, text: modalText(state, open) }
    },
    messageCommand: async (message, name) => {
      const { channel_id: channel } = messageOf(message).shown
      return outcome(state, useMessageCommand(state, id, { channel, message, command: name }))
    },
    send: (content, channel = home, files = {}) => sendAs(state, id, { channel, content, files }).shown,
    dismiss: (message) => dismiss(state, id, { channel: messageOf(message).shown.channel_id, message }),
    delete: (message) => deleteAs(state, id, { channel: messageOf(message).shown.channel_id, message }),
    screen: (channel = null) => screenText(state, id, channel),
    messages: (channel = home) => shown(channel).map((one) => one.shown),
    waitFor: (what, { timeout = 5_000, channel = null } = {}) => {
      const matches =
        typeof what === 'function'
          ? what
          : (text: string) => new RegExp(what.source, what.flags.replace('g', '')).test(text)
      const read = () => screenText(state, id, channel)
      return eventually(
        state,
        () => {
          const text = read()
          return matches(text) ? text : null
        },
        timeout,
      ).then((text) => {
        if (text !== null) return text
        const sought = typeof what === 'function' ? what.toString() : String(what)
        throw new Error(`${nameOf(state, id)} did not see ${sought} within ${timeout} ms. The screen:\n${read()}`)
      })
    },
    buttons: (message) => buttonsOf(messageOf(message)),
    get pings() {
      return state.pings.get(id) ?? []
    },
  }
}

function componentsOf({ shown }: Message): Component[] {
  return flatten((shown.components ?? []) as Component[])
}

function nameOf(state: State, id: string): string {
  const user = state.members.get(id)?.user
  return user?.global_name ?? user?.username ?? id
}
