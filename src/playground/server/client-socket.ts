import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import { UserError } from '../../user-error.ts'
import type { Answer, FromServer } from '../protocol.ts'
import { clientState, notices } from './client-state.ts'
import type { State } from './state.ts'
import { act, Asked } from './client-verbs.ts'

/** Ten files of 10 MiB as base64, and some room. */
const MAX_PAYLOAD_BYTES = 150 * 1024 * 1024

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

function parse(data: Buffer): unknown {
  try {
    return JSON.parse(data.toString('utf8')) as unknown
  } catch {
    return null
  }
}
