import type { Hono } from 'hono'
import type { State } from '../state.ts'
import type { Env } from './request.ts'

export function gatewayRoutes(app: Hono<Env>, state: State): void {
  const url = () => `${state.origin.replace(/^http/, 'ws')}/gateway`
  app.get('/gateway', (c) => c.json({ url: url() }))
  app.get('/gateway/bot', (c) =>
    c.json({
      url: url(),
      shards: 1,
      session_start_limit: { total: 1000, remaining: 999, reset_after: 86_400_000, max_concurrency: 1 },
    }),
  )
}
