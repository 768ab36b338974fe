import { z } from 'zod'
import type { Answer } from '../protocol.ts'
import type { IncomingFile } from './attachments.ts'
import type { Interaction } from './interactions.ts'
import type { State } from './state.ts'
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

const id = z.string().max(32)
const options = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const file = z.object({
  name: z.string().min(1).max(260),
  url: z.string().regex(/^data:[^,]*,/, 'expected a data URL'),
})
/** A verb of the protocol as it comes over the wire. */
export const Asked = z.intersection(
  z.object({ id: z.number().int() }),
  z.discriminatedUnion('do', [
    z.object({ do: z.literal('be'), user: id }),
    z.object({ do: z.literal('send'), channel: id, content: z.string(), files: z.array(file).max(10).optional() }),
    z.object({
      do: z.literal('command'),
      channel: id,
      command: z.string(),
      options,
      files: z.record(z.string(), file).optional(),
    }),
    z.object({ do: z.literal('autocomplete'), channel: id, command: z.string(), options, focused: z.string() }),
    z.object({ do: z.literal('message command'), channel: id, message: id, command: z.string() }),
    z.object({ do: z.literal('press'), channel: id, message: id, custom_id: z.string() }),
    z.object({ do: z.literal('select'), channel: id, message: id, custom_id: z.string(), values: z.array(z.string()) }),
    z.object({
      do: z.literal('submit'),
      modal: id,
      values: z.record(z.string(), z.array(z.string())),
      files: z.record(z.string(), z.array(file)).optional(),
    }),
    z.object({ do: z.literal('close modal'), modal: id }),
    z.object({ do: z.literal('dismiss'), channel: id, message: id }),
    z.object({ do: z.literal('delete'), channel: id, message: id }),
  ]),
)
export type Asked = z.infer<typeof Asked>

/** Does what a page asked; throws UserError with what its person would read. */
export async function act(state: State, me: string, verb: Exclude<Asked, { do: 'be' }>): Promise<Partial<Answer>> {
  switch (verb.do) {
    case 'send':
      return {
        message: sendAs(state, me, { ...verb, files: readFiles(Object.fromEntries((verb.files ?? []).entries())) })
          .shown.id,
      }
    case 'command':
      return acknowledged(useCommand(state, me, { ...verb, files: readFiles(verb.files ?? {}) }))
    case 'autocomplete':
      return { choices: await complete(state, me, verb) }
    case 'message command':
      return acknowledged(useMessageCommand(state, me, verb))
    case 'press':
      return acknowledged(pressButton(state, me, verb))
    case 'select':
      return acknowledged(selectValues(state, me, verb))
    case 'submit': {
      const files = Object.entries(verb.files ?? {}).map(([key, list]) => [key, list.map(readFile)] as const)
      return acknowledged(submitModal(state, me, verb.modal, { ...verb.values, ...Object.fromEntries(files) }))
    }
    case 'close modal':
      closeModal(state, me, verb.modal)
      return {}
    case 'dismiss':
      dismiss(state, me, verb)
      return {}
    case 'delete':
      deleteAs(state, me, verb)
      return {}
  }
}

async function acknowledged(interaction: Interaction): Promise<Partial<Answer>> {
  await interaction.acknowledged
  return interaction.original === null ? {} : { message: interaction.original.shown.id }
}

function readFiles(files: Readonly<Record<string, { name: string; url: string }>>): NamedFiles {
  return Object.fromEntries(Object.entries(files).map(([key, one]) => [key, readFile(one)]))
}

/** `data:image/png;base64,…` → bytes. */
function readFile({ name, url }: { name: string; url: string }): IncomingFile {
  const comma = url.indexOf(',')
  const head = url.slice('data:'.length, comma)
  const base64 = head.endsWith(';base64')
  const type = (base64 ? head.slice(0, -';base64'.length) : head) || 'application/octet-stream'
  const body = url.slice(comma + 1)
  const bytes = base64 ? Buffer.from(body, 'base64') : Buffer.from(decodeURIComponent(body))
  return { name, type, bytes: new Uint8Array(bytes) }
}
