import type { Hono } from 'hono'
import type { PageBundle } from '../bundle-page.ts'
import { openAttachment } from './attachments.ts'
import { avatarSvg } from './avatar.ts'
import type { State } from './state.ts'

/** Types a browser shows without running anything of them. */
const SHOWN = /^image\/(png|jpeg|gif|webp|avif)$|^text\/plain|^application\/json$/

/** The chat page, attachments and pictures. What people uploaded is never run: it is sandboxed or downloaded. */
export function pageRoutes(app: Hono, state: State): void {
  // Built when first asked for: tests that open no page do not pay for it.
  let bundle: Promise<PageBundle> | null = null
  const built = async () => {
    bundle ??= import('../bundle-page.ts').then(({ bundlePage }) => bundlePage())
    try {
      return await bundle
    } catch (error) {
      bundle = null
      throw error
    }
  }

  app.use('*', async (c, next) => {
    await next()
    c.res.headers.set('x-content-type-options', 'nosniff')
    c.res.headers.set('referrer-policy', 'no-referrer')
    c.res.headers.set('cross-origin-resource-policy', 'same-origin')
  })
  app.get('/', async (c) =>
    c.html((await built()).html, 200, { 'content-security-policy': policy(state), 'cache-control': 'no-store' }),
  )
  app.get('/page.js', async (c) =>
    c.body((await built()).js, 200, { 'content-type': 'text/javascript; charset=utf-8', 'cache-control': 'no-store' }),
  )
  app.get('/page.css', async (c) =>
    c.body((await built()).css, 200, { 'content-type': 'text/css; charset=utf-8', 'cache-control': 'no-store' }),
  )

  app.get('/attachments/:channel/:id/:name', (c) => {
    const file = openAttachment(state, c.req.param('id'), c.req.query())
    if (file === null) return c.text('This content is no longer available.', 404)
    const shown = SHOWN.test(file.type)
    return c.body(file.bytes, 200, {
      'content-type': file.type,
      'content-disposition': `${shown ? 'inline' : 'attachment'}; filename*=UTF-8''${encodeURIComponent(file.name)}`,
      'content-security-policy': "default-src 'none'; sandbox",
      'cache-control': 'private, max-age=3600',
    })
  })

  const picture = { 'content-type': 'image/svg+xml', 'content-security-policy': "default-src 'none'" }
  app.get('/cdn/embed/avatars/:name', (c) => c.body(avatarSvg('0', '?'), 200, picture))
  app.get('/avatars/:user', (c) => {
    const user = state.members.get(c.req.param('user').replace(/\.svg$/, ''))?.user
    return user === undefined
      ? c.notFound()
      : c.body(avatarSvg(user.id, user.global_name ?? user.username), 200, picture)
  })
}

/** Nothing but what this server gives: no inline script, no other host, no frame around the page. */
function policy(state: State): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    `connect-src 'self' ${state.origin.replace(/^http/, 'ws')}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}
