import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { GatewayOpcodes as Op } from 'discord-api-types/v10'
import { WebSocketServer, type WebSocket } from 'ws'
import { tell, type State } from '../state.ts'
import { MAX_PAYLOAD_BYTES, serveConnection } from './connection.ts'
import { dispatches } from './dispatch.ts'
import { dispatch, send, type Session } from './session.ts'

export interface Gateway {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** Whether a bot is connected. */
  online(): boolean
  /** Sockets that are open now. */
  sockets(): WebSocket[]
  /** op 7. */
  reconnect(): void
  /** op 9; a session that cannot be resumed is forgotten. */
  invalidate(resumable: boolean): void
  /** While false, heartbeats are not acknowledged. */
  acknowledges: boolean
  close(): void
}

/** The gateway, v10, JSON. Sessions outlive their sockets until the bot says good-bye with 1000 or 1001. */
export function createGateway(options: { state: State; heartbeatMs: number; privileged: number }): Gateway {
  const { state } = options
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES * 4 })
  const sessions = new Map<string, Session>()
  const online = () => [...sessions.values()].some(({ socket }) => socket !== null)
  let wasOnline = false
  const changed = () => {
    if (wasOnline === online()) return
    wasOnline = online()
    tell(state, { is: 'bot', online: wasOnline })
  }

  state.changes.on('change', (change) => {
    for (const session of sessions.values()) {
      for (const one of dispatches(state, change, session.intents)) dispatch(session, one)
    }
  })
  server.on('connection', (socket: WebSocket) => {
    serveConnection(socket, { ...options, sessions, acknowledges: () => gateway.acknowledges, changed })
  })

  const gateway: Gateway = {
    upgrade: (request, socket, head) => {
      server.handleUpgrade(request, socket, head, (one) => server.emit('connection', one, request))
    },
    online,
    sockets: () => [...server.clients],
    reconnect: () => {
      for (const one of server.clients) send(one, Op.Reconnect, null)
    },
    invalidate: (resumable) => {
      if (!resumable) sessions.clear()
      for (const one of server.clients) send(one, Op.InvalidSession, resumable)
      changed()
    },
    acknowledges: true,
    close: () => {
      for (const one of server.clients) one.terminate()
      server.close()
    },
  }
  return gateway
}
