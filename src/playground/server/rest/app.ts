import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response'
import { Hono } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { DiscordFailure, failure } from '../failure.ts'
import type { Faults } from '../faults.ts'
import type { Limited, RateLimits } from '../rate-limits.ts'
import { routeOf, type Recorder } from '../request-log.ts'
import type { State } from '../state.ts'
import { channelRoutes } from './channels.ts'
import { commandRoutes } from './commands.ts'
import { gatewayRoutes } from './gateway.ts'
import { guildRoutes } from './guilds.ts'
import { interactionRoutes } from './interactions.ts'
import { messageRoutes } from './messages.ts'
import { pinRoutes } from './pins.ts'
import { reactionRoutes } from './reactions.ts'
import { readBody, type Env } from './request.ts'
import { threadRoutes } from './threads.ts'
import { userRoutes } from './users.ts'
import { webhookRoutes } from './webhooks.ts'

export const API = '/api/v10'

export interface RestOptions {
  state: State
  log: Recorder
  faults: Faults
  rateLimits: RateLimits
  /** Told of what a person at the terminal should know, such as a route that is missing. */
  warn: (line: string) => void
}

/** The REST API under /api/v10: log, injected faults, token, rate limits, then the routes. */
export function restApp({ state, log, faults, rateLimits, warn }: RestOptions): Hono<Env> {
  const app = new Hono<Env>()

  app.use('*', async (c, next) => {
    const started = performance.now()
    const at = state.now()
    const path = c.req.path.slice(API.length)
    const route = routeOf(decodeURIComponent(path))
    c.set('body', await readBody(c.req))
    const fault = faults.take(`${c.req.method} ${route}`)
    if (fault?.is === 'slow') await sleep(fault.ms, undefined, { signal: state.signal }).catch(() => undefined)
    if (fault?.is === 'answer') c.res = c.json(fault.body, fault.status as ContentfulStatusCode, fault.headers ?? {})
    else await next()

    const cut = fault?.is === 'lose reply' || fault?.is === 'hang'
    const { payload, files } = c.get('body')
    log.addRequest({
      method: c.req.method,
      route,
      path,
      status: cut ? 0 : c.res.status,
      code: c.error instanceof DiscordFailure ? c.error.code : null,
      at,
      ms: performance.now() - started,
      body: payload,
      files: [...files.values()].map(({ name, bytes }) => ({ name, bytes: bytes.length })),
      injected: fault !== null,
    })
    if (!cut) return
    const { outgoing } = c.env
    if (fault.is === 'hang' && !outgoing.destroyed)
      await once(outgoing, 'close', { signal: state.signal }).catch(() => undefined)
    outgoing.destroy()
    c.res = RESPONSE_ALREADY_SENT
  })

  app.use('*', async (c, next) => {
    const path = c.req.path.slice(API.length)
    // An interaction is answered with its own token.
    const open = path.startsWith('/interactions/') || path.startsWith('/webhooks/')
    if (!open && c.req.header('authorization') !== `Bot ${state.token}`) throw failure.unauthorized()

    const route = routeOf(decodeURIComponent(path))
    const verdict = rateLimits.enter({
      method: c.req.method,
      route,
      path,
      body: c.get('body').payload,
      editedSince: writtenAt(state, path),
    })
    if (verdict.limited !== null) {
      const { body, headers } = tooMany(verdict.limited)
      c.res = c.json(body, 429, headers)
    } else {
      await next()
    }
    for (const [name, value] of Object.entries(verdict.headers)) c.res.headers.set(name, value)
  })

  gatewayRoutes(app, state)
  userRoutes(app, state)
  commandRoutes(app, state)
  interactionRoutes(app, state, log)
  webhookRoutes(app, state)
  pinRoutes(app, state)
  reactionRoutes(app, state)
  messageRoutes(app, state)
  threadRoutes(app, state)
  channelRoutes(app, state)
  guildRoutes(app, state)

  app.all('*', (c) => {
    warn(`The playground has no route ${c.req.method} ${routeOf(c.req.path.slice(API.length))}`)
    throw failure.notFound()
  })
  app.onError((error, c) => {
    if (error instanceof DiscordFailure) {
      const errors = error.errors === null ? {} : { errors: error.errors }
      return c.json({ message: error.message, code: error.code, ...errors }, error.status)
    }
    warn(`${c.req.method} ${c.req.path} broke the playground: ${error.stack ?? error.message}`)
    return c.json({ message: '500: Internal Server Error', code: 0 }, 500)
  })
  return app
}

function tooMany({ retryAfterMs, scope, code }: Limited) {
  const seconds = retryAfterMs / 1000
  const message =
    code === 30046
      ? 'Maximum number of edits to messages older than 1 hour reached. Try again later.'
      : 'You are being rate limited.'
  return {
    body: { message, retry_after: seconds, global: scope === 'global', code },
    headers: { 'retry-after': String(seconds), 'x-ratelimit-scope': scope },
  }
}

function writtenAt(state: State, path: string): number | null {
  const [, channel, message] = /^\/channels\/(\d+)\/messages\/(\d+)$/.exec(path) ?? []
  if (channel === undefined || message === undefined) return null
  const known = state.messages.get(channel)?.get(message)
  return known === undefined ? null : Date.parse(known.shown.timestamp)
}
