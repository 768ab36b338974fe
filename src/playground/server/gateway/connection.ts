import {
  GatewayCloseCodes as Close,
  GatewayDispatchEvents as Event,
  GatewayIntentBits as Intent,
  GatewayOpcodes as Op,
} from 'discord-api-types/v10'
import type { WebSocket } from 'ws'
import { z } from 'zod'
import { guildCreate } from '../guild.ts'
import type { State } from '../state.ts'
import { createSession, dispatch, missed, send, type Session } from './session.ts'

export const MAX_PAYLOAD_BYTES = 4096
const MAX_SENDS_A_MINUTE = 120
const PRIVILEGED = Intent.GuildMembers | Intent.GuildPresences | Intent.MessageContent
const ALL_INTENTS = Object.values(Intent).reduce((all: number, bit) => (typeof bit === 'number' ? all | bit : all), 0)

const AnyPayload = z.looseObject({ op: z.number() })
const Payload = z.object({ op: z.enum(Op), d: z.unknown() })
const Identify = z.object({ token: z.string(), intents: z.number().int().min(0) })
const Resume = z.object({ token: z.string(), session_id: z.string(), seq: z.number().int().min(0).nullable() })

/** What the connections of one gateway share. */
export interface Shared {
  state: State
  heartbeatMs: number
  /** Privileged intents this application was given. */
  privileged: number
  sessions: Map<string, Session>
  acknowledges: () => boolean
  /** A session came or went. */
  changed: () => void
}

/** Speaks with one socket, from HELLO to its close. */
export function serveConnection(socket: WebSocket, shared: Shared): void {
  const { state, heartbeatMs, sessions } = shared
  let session: Session | null = null
  let beatAt = Date.now()
  let sends: number[] = []
  const watch = setInterval(() => {
    if (shared.acknowledges() && Date.now() - beatAt > heartbeatMs * 2) socket.close(Close.SessionTimedOut)
  }, heartbeatMs)
  watch.unref()

  /** Returns the code to close with, or null where all is well. */
  const identify = (d: unknown): Close | null => {
    const parsed = Identify.safeParse(d)
    if (session !== null) return Close.AlreadyAuthenticated
    if (!parsed.success) return Close.DecodeError
    const { token, intents } = parsed.data
    if (token !== state.token) return Close.AuthenticationFailed
    if ((intents & ~ALL_INTENTS) !== 0) return Close.InvalidIntents
    if ((intents & PRIVILEGED & ~shared.privileged) !== 0) return Close.DisallowedIntents
    session = createSession(intents, socket)
    sessions.set(session.id, session)
    dispatch(session, { t: Event.Ready, d: ready(state, session) })
    // At once: a client that waits for a guild holds back its interactions.
    if ((intents & Intent.Guilds) !== 0) dispatch(session, { t: Event.GuildCreate, d: guildCreate(state) })
    shared.changed()
    return null
  }
  const resume = (d: unknown): Close | null => {
    const parsed = Resume.safeParse(d)
    if (!parsed.success) return Close.DecodeError
    const known = sessions.get(parsed.data.session_id)
    const events = known === undefined || parsed.data.token !== state.token ? null : missed(known, parsed.data.seq ?? 0)
    if (known === undefined || events === null) {
      send(socket, Op.InvalidSession, false)
      return null
    }
    const before = known.socket
    known.socket = socket
    session = known
    before?.close(Close.UnknownError)
    for (const text of events) socket.send(text)
    dispatch(known, { t: Event.Resumed, d: {} })
    shared.changed()
    return null
  }
  const receive = (data: Buffer): Close | null => {
    sends = [...sends.filter((at) => at > Date.now() - 60_000), Date.now()]
    if (sends.length > MAX_SENDS_A_MINUTE) return Close.RateLimited
    const said = parse(data)
    if ('code' in said) return said.code
    switch (said.op) {
      case Op.Heartbeat:
        beatAt = Date.now()
        if (shared.acknowledges()) send(socket, Op.HeartbeatAck, null)
        return null
      case Op.Identify:
        return identify(said.d)
      case Op.Resume:
        return resume(said.d)
      case Op.RequestGuildMembers:
        if (session === null) return Close.NotAuthenticated
        dispatch(session, { t: Event.GuildMembersChunk, d: membersChunk(state, said.d) })
        return null
      case Op.PresenceUpdate:
      case Op.VoiceStateUpdate:
      case Op.RequestSoundboardSounds:
        return session === null ? Close.NotAuthenticated : null
      default:
        return Close.UnknownOpcode
    }
  }

  socket.on('error', () => socket.terminate())
  socket.on('message', (data: Buffer) => {
    const code = receive(data)
    if (code !== null) socket.close(code)
  })
  socket.on('close', (code) => {
    clearInterval(watch)
    if (session?.socket !== socket) return
    session.socket = null
    // A bot that says good-bye does not come back to this session.
    if (code === 1000 || code === 1001) sessions.delete(session.id)
    shared.changed()
  })
  send(socket, Op.Hello, { heartbeat_interval: heartbeatMs })
}

type Said = { op: Op; d: unknown } | { code: Close }

function parse(data: Buffer): Said {
  if (data.length > MAX_PAYLOAD_BYTES) return { code: Close.DecodeError }
  try {
    const json = AnyPayload.parse(JSON.parse(data.toString('utf8')))
    const known = Payload.safeParse(json)
    return known.success ? { op: known.data.op, d: known.data.d } : { code: Close.UnknownOpcode }
  } catch {
    return { code: Close.DecodeError }
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

function membersChunk(state: State, asked: unknown): object {
  const { nonce } = (asked ?? {}) as { nonce?: string }
  const chunk = {
    guild_id: state.guild.id,
    members: [...state.members.values()],
    chunk_index: 0,
    chunk_count: 1,
    not_found: [],
  }
  return nonce === undefined ? chunk : { ...chunk, nonce }
}
