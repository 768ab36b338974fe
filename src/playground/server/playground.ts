import { once } from 'node:events'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { Hono } from 'hono'
import { UserError } from '../../user-error.ts'
import { createActor, type Actor } from './actor.ts'
import { createClientSockets } from './client-socket.ts'
import { createFaults } from './faults.ts'
import { createGateway } from './gateway/gateway.ts'
import { createInject, type Inject } from './inject.ts'
import { pageRoutes } from './page-routes.ts'
import { createRateLimits, noRateLimits } from './rate-limits.ts'
import { createRequestLog, type RequestLog } from './request-log.ts'
import { API, restApp } from './rest/app.ts'
import { seedState, type Ids, type PersonName } from './seed.ts'
import type { State } from './state.ts'
import { archiveIdle } from './threads.ts'
import { isStranger } from './strangers.ts'

export interface PlaygroundOptions {
  /** 0: any free one. */
  port?: number
  /** A loopback address: the playground knows no passwords. */
  host?: string
  /** Milliseconds since 1970; `inject.passTime` adds to it. */
  now?: () => number
  /** Discord's typical limits on REST requests; without them a test need not wait. */
  rateLimits?: boolean
  /** How long the bot has to answer an interaction. */
  deadlineMs?: number
  heartbeatMs?: number
  /** Privileged gateway intents the application was given. */
  privilegedIntents?: number
  botName?: string
  /** Told of what a person at the terminal should know: a missing route, a fault of the playground. */
  warn?: (line: string) => void
}

export interface Playground {
  /** The page: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** For discord.js: `new Client({ rest: { api } })`. */
  readonly api: string
  /** The bot's token. */
  readonly token: string
  readonly ids: Ids
  readonly state: State
  as(person: PersonName): Actor
  readonly inject: Inject
  readonly log: RequestLog
  close(): Promise<void>
}

const LOOPBACK = ['127.0.0.1', 'localhost', '::1']

/** A local Discord on this machine: REST v10 and gateway v10 for bots, a chat page for people. Nothing leaves it. */
export async function startPlayground({
  port = 0,
  host = '127.0.0.1',
  now = Date.now,
  rateLimits = true,
  deadlineMs = 3_000,
  heartbeatMs = 41_250,
  privilegedIntents = 0,
  botName = 'finetune',
  warn = (line) => process.stderr.write(`${line}\n`),
}: PlaygroundOptions = {}): Promise<Playground> {
  if (!LOOPBACK.includes(host)) {
    throw new UserError(`The playground listens on this machine only, not on ${host}.`, `Use ${LOOPBACK.join(', ')}.`)
  }
  const closing = new AbortController()
  let passed = 0
  const clock = () => now() + passed
  const { state, ids } = seedState({ now: clock, botName, deadlineMs, privilegedIntents, signal: closing.signal })
  const log = createRequestLog()
  const faults = createFaults()
  const gateway = createGateway({ state, heartbeatMs, privileged: privilegedIntents })
  const pages = createClientSockets({ state, online: () => gateway.online(), first: ids.alice, warn })

  const app = new Hono()
  app.use('*', async (c, next) => {
    const headers = { host: c.req.header('host'), origin: c.req.header('origin') }
    if (isStranger({ headers }, listeningPort))
      return c.text('This playground is for its own page and bots on this machine.', 403)
    return next()
  })
  app.route(API, restApp({ state, log, faults, rateLimits: rateLimits ? createRateLimits(clock) : noRateLimits, warn }))
  pageRoutes(app, state)

  const server = createAdaptorServer({ fetch: app.fetch }) as Server
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    const path = new URL(request.url ?? '/', 'http://playground').pathname
    const target = path === '/gateway' || path === '/gateway/' ? gateway : path === '/client' ? pages : null
    if (target === null || isStranger(request, listeningPort))
      return void socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\n\r\n')
    target.upgrade(request, socket, head)
  })
  const listen = async (on: number) => {
    server.listen(on, host)
    await once(server, 'listening')
  }
  const stop = async () => {
    const closed = once(server, 'close')
    server.close()
    gateway.sockets().forEach((one) => one.terminate())
    pages.drop()
    server.closeAllConnections()
    await closed
  }

  let listeningPort = port
  await listen(port).catch((error: unknown) => {
    const code = (error as NodeJS.ErrnoException).code
    if (code !== 'EADDRINUSE' && code !== 'EACCES') throw error
    throw new UserError(
      `Port ${port} is ${code === 'EACCES' ? 'not allowed' : 'in use'}.`,
      'Choose another with --port, or 0 for any free one.',
    )
  })
  listeningPort = (server.address() as AddressInfo).port
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${listeningPort}`
  state.origin = url

  return {
    url,
    api: `${url}/api`,
    token: state.token,
    ids,
    state,
    as: (person) => createActor(state, ids[person], ids.training),
    inject: createInject({
      state,
      faults,
      gateway,
      listen: { stop, start: () => listen(listeningPort) },
      passTime: (ms) => {
        passed += ms
        archiveIdle(state)
      },
    }),
    log,
    close: async () => {
      closing.abort()
      gateway.close()
      pages.close()
      if (server.listening) await stop()
    },
  }
}
