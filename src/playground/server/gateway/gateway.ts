import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import {
  GatewayCloseCodes as Close,
  GatewayDispatchEvents as Event,
  GatewayIntentBits as Intent,
  GatewayOpcodes as Op,
} from 'discord-api-types/v10'
import { WebSocketServer, type WebSocket } from 'ws'
import { z } from 'zod'
import { guildCreate } from '../guild.ts'
import { tell, type State } from '../state.ts'
import { dispatches } from './dispatch.ts'
import { createSession, dispatch, missed, send, type Session } from './session.ts'

const MAX_PAYLOAD_BYTES = 4096
const MAX_SENDS_A_MINUTE = 120
const PRIVILEGED = Intent.GuildMembers | Intent.GuildPresences | Intent.MessageContent
const ALL_INTENTS = Object.values(Intent).reduce((all: number, bit) => (typeof bit === 'number' ? all | bit : all), 0)

const Payload = z.object({ op: z.number(), d: z.unknown() })
const Identify = z.object({ token: z.string(), intents: z.number().int().min(0) })
const Resume = z.object({ token: z.string(), session_id: z.string(), seq: z.number().int().min(0).nullable() })

export interface GatewayOptions {
  state: State
  heartbeatMs: number
  /** Privileged intents this application was given; asking for another closes with 4014. */
  privileged: number
}

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
export function createGateway({ state, heartbeatMs, privileged }: GatewayOptions): Gateway {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD_BYTES * 4 })
  const sessions = new Map<string, Session>()
  let wasOnline = false
  const online = () => [...sessions.values()].some(({ socket }) => socket !== null)
  const tellOnline = () => {
    if (wasOnline === online()) return
    wasOnline = online()
    tell(state, { is: 'bot', online: wasOnline })
  }

  state.changes.on('change', (change) => {
    for (const session of sessions.values())
      for (const one of dispatches(state, change, session.intents)) dispatch(session, one)
  })

  server.on('connection', (socket: WebSocket) => {
    let session: Session | null = null
    let beatAt = Date.now()
    let sends: number[] = []
    const watch = setInterval(() => {
      if (gateway.acknowledges && Date.now() - beatAt > heartbeatMs * 2) socket.close(Close.SessionTimedOut)
    }, heartbeatMs)
    watch.unref()

    const identify = (d: unknown) => {
      const parsed = Identify.safeParse(d)
      if (session !== null) return socket.close(Close.AlreadyAuthenticated)
      if (!parsed.success) return socket.close(Close.DecodeError)
      const { token, intents } = parsed.data
      if (token !== state.token) return socket.close(Close.AuthenticationFailed, 'Authentication failed.')
      if ((intents & ~ALL_INTENTS) !== 0) return socket.close(Close.InvalidIntents, 'Invalid intent(s).')
      if ((intents & PRIVILEGED & ~privileged) !== 0)
        return socket.close(Close.DisallowedIntents, 'Disallowed intent(s).')
      session = createSession(intents, socket)
      sessions.set(session.id, session)
      dispatch(session, { t: Event.Ready, d: ready(state, session) })
      // At once: a client that waits for a guild holds back its interactions.
      if ((intents & Intent.Guilds) !== 0) dispatch(session, { t: Event.GuildCreate, d: guildCreate(state) })
      tellOnline()
    }
    const resume = (d: unknown) => {
      const parsed = Resume.safeParse(d)
      if (!parsed.success) return socket.close(Close.DecodeError)
      const { token, session_id, seq } = parsed.data
      const known = sessions.get(session_id)
      const events = known === undefined || token !== state.token ? null : missed(known, seq ?? 0)
      if (known === undefined || events === null) return send(socket, Op.InvalidSession, false)
      known.socket?.close(Close.UnknownError)
      known.socket = socket
      session = known
      for (const text of events) socket.send(text)
      dispatch(known, { t: Event.Resumed, d: {} })
      tellOnline()
    }

    socket.on('error', () => socket.terminate())
    socket.on('message', (data: Buffer) => {
      sends = [...sends.filter((at) => at > Date.now() - 60_000), Date.now()]
      if (sends.length > MAX_SENDS_A_MINUTE) return socket.close(Close.RateLimited)
      const payload = data.length > MAX_PAYLOAD_BYTES ? null : parse(data)
      if (payload === null) return socket.close(Close.DecodeError)
      switch (payload.op) {
        case Op.Heartbeat:
          beatAt = Date.now()
          if (gateway.acknowledges) send(socket, Op.HeartbeatAck, null)
          return
        case Op.Identify:
          return identify(payload.d)
        case Op.Resume:
          return resume(payload.d)
        case Op.PresenceUpdate:
        case Op.VoiceStateUpdate:
        case Op.RequestGuildMembers:
        case Op.RequestSoundboardSounds:
          if (session === null) return socket.close(Close.NotAuthenticated)
          if (payload.op === Op.RequestGuildMembers)
            dispatch(session, { t: Event.GuildMembersChunk, d: members(state, payload.d) })
          return
        default:
          return socket.close(Close.UnknownOpcode)
      }
    })
    socket.on('close', (code) => {
      clearInterval(watch)
      if (session?.socket !== socket) return
      session.socket = null
      if (code === 1000 || code === 1001) sessions.delete(session.id)
      tellOnline()
    })
    send(socket, Op.Hello, { heartbeat_interval: heartbeatMs })
  })

  const gateway: Gateway = {
    upgrade: (request, socket, head) =>
      server.handleUpgrade(request, socket, head, (one) => server.emit('connection', one, request)),
    online,
    sockets: () => [...server.clients],
    reconnect: () => server.clients.forEach((one) => send(one, Op.Reconnect, null)),
    invalidate: (resumable) => {
      if (!resumable) sessions.clear()
      server.clients.forEach((one) => send(one, Op.InvalidSession, resumable))
      tellOnline()
    },
    acknowledges: true,
    close: () => {
      server.clients.forEach((one) => one.terminate())
      server.close()
    },
  }
  return gateway
}

function parse(data: Buffer): z.infer<typeof Payload> | null {
  try {
    return Payload.parse(JSON.parse(data.toString('utf8')))
  } catch {
    return null
  }
}

function ready(state: State, session: Session): object {
  return {
    v: 10,
    user: state.bot,
    guilds: [{ id: state.guild.id, unavailable: true }],
    session_id: session.id,
    resume_gateway_url: `${state.origin.replace(/^http/, 'ws')}/gateway`,
    application: { id: state.applicationId, flags: 0 },
    shard: [0, 1],
    session_type: 'normal',
    private_channels: [],
    presences: [],
    relationships: [],
    user_settings: {},
    geo_ordered_rtc_regions: [],
  }
}

function members(state: State, asked: unknown): object {
  const { nonce } = (asked ?? {}) as { nonce?: string }
  const all = [...state.members.values()]
  return {
    guild_id: state.guild.id,
    members: all,
    chunk_index: 0,
    chunk_count: 1,
    not_found: [],
    ...(nonce === undefined ? {} : { nonce }),
  }
}
