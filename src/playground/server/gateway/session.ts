import { randomBytes } from 'node:crypto'
import { GatewayOpcodes as Op } from 'discord-api-types/v10'
import type { WebSocket } from 'ws'
import type { Dispatch } from './dispatch.ts'

/** How many events a dropped session keeps for its return. */
const KEPT = 2_000

/** What outlives a socket: the sequence and the events that a resume replays. */
export interface Session {
  readonly id: string
  readonly intents: number
  seq: number
  readonly sent: { seq: number; text: string }[]
  /** Null while the bot is away. */
  socket: WebSocket | null
}

export function createSession(intents: number, socket: WebSocket): Session {
  return { id: randomBytes(16).toString('hex'), intents, seq: 0, sent: [], socket }
}

/** Sends an event, or keeps it for a session that is away. Written out at once: what it tells of may change. */
export function dispatch(session: Session, { t, d }: Dispatch): void {
  session.seq += 1
  const text = JSON.stringify({ op: Op.Dispatch, d, s: session.seq, t })
  session.sent.push({ seq: session.seq, text })
  if (session.sent.length > KEPT) session.sent.shift()
  session.socket?.send(text)
}

/** Events after `seq`, or null where some are no longer kept. */
export function missed(session: Session, seq: number): string[] | null {
  const oldest = session.sent[0]?.seq ?? session.seq + 1
  if (seq > session.seq || seq < oldest - 1) return null
  return session.sent.filter((one) => one.seq > seq).map(({ text }) => text)
}

export function send(socket: WebSocket, op: Op, d: unknown): void {
  socket.send(JSON.stringify({ op, d, s: null, t: null }))
}
