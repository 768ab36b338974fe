import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import { UserError } from '../../user-error.ts'
import type { Answer, FromServer } from '../protocol.ts'
import type { IncomingFile } from './attachments.ts'
import { clientState, notices } from './client-state.ts'
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

/** Ten files of 10 MiB as base64, and some room. */
const MAX_PAYLOAD_BYTES = 150 * 1024 * 1024

const id = z.string().max(32)
const options = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
const file = z.object({
  name: z.string().min(1).max(260),
  url: z.string().regex(/^data:[^,]*,/, 'expected a data URL'),
})
const Asked = z.intersection(
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
type Asked = z.infer<typeof Asked>

export interface ClientSockets {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Cuts the pages off; they come back by themselves. */
  drop(): void
  close(): void
}

/** `/client`: any number of pages at once, each being one person. */
export function createClientSockets({
  state,
  online,
  first,
  warn,
}: {
  state: State
  online: () => boolean
  first: string
  warn: (line: string) => void
}): ClientSockets {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES })

  server.on('connection', (socket: WebSocket) => {
    let me = first
    const say = (what: FromServer) => {
      if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(what))
    }
    const sayState = () => say({ say: 'state', state: clientState(state, me, online()) })
    const onChange = (change: Parameters<typeof notices>[1]) => notices(state, change, me, online).forEach(say)
    state.changes.on('change', onChange)
    socket.on('close', () => state.changes.off('change', onChange))
    socket.on('error', () => socket.terminate())
    socket.on('message', (data: Buffer) => {
      const raw = parse(data)
      const asked = Asked.safeParse(raw)
      if (!asked.success) {
        const given = (raw as { id?: unknown } | null)?.id
        say({
          say: 'answer',
          id: typeof given === 'number' ? given : 0,
          ok: false,
          error: `Not a verb of this playground:\n${z.prettifyError(asked.error)}`,
        })
        return
      }
      const verb = asked.data
      const work = async (): Promise<Partial<Answer>> => {
        if (verb.do !== 'be') return act(state, me, verb)
        if (state.members.get(verb.user)?.user.bot !== false) throw new UserError('There is no such person.')
        me = verb.user
        sayState()
        return {}
      }
      work().then(
        (done) => say({ say: 'answer', id: verb.id, ok: true, ...done } as FromServer),
        (error: unknown) => {
          if (error instanceof UserError) {
            say({ say: 'answer', id: verb.id, ok: false, error: error.text })
            return
          }
          warn(
            `A verb of the page broke the playground: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
          )
          say({
            say: 'answer',
            id: verb.id,
            ok: false,
            error: 'Something broke in the playground; its terminal says what.',
          })
        },
      )
    })
    sayState()
  })

  return {
    upgrade: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (one) => server.emit('connection', one, request)),
    drop: () => server.clients.forEach((one) => one.terminate()),
    close: () => {
      server.clients.forEach((one) => one.terminate())
      server.close()
    },
  }
}

async function act(state: State, me: string, verb: Exclude<Asked, { do: 'be' }>): Promise<Partial<Answer>> {
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

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8')) as unknown
  } catch {
    return null
  }
}
