/** What a request costs: the buckets it draws from, outermost first. */
export interface Limited {
  retryAfterMs: number
  scope: 'user' | 'global'
  /** Discord's code, where the limit has one of its own. */
  code: number
}

export interface Verdict {
  headers: Record<string, string>
  limited: Limited | null
}

interface Window {
  resetsAt: number
  used: number
}

interface Bucket {
  key: string
  most: number
  perMs: number
}

/** Sublimits Discord does not tell of in headers: a name or topic twice in ten minutes, an edit of an old message 3 per 6 s. */
const RENAMES = { most: 2, perMs: 600_000, code: 0 }
const OLD_EDITS = { most: 3, perMs: 6_000, code: 30046 }
const OLD_MS = 3_600_000
const GLOBAL = { most: 50, perMs: 1_000 }

/** Typical values, not promised by Discord (which says that they must not be hard-coded into a bot). */
const TYPICAL: readonly [route: RegExp, most: number, perMs: number][] = [
  [/^POST \/channels\/:channel\/messages$/, 5, 5_000],
  [/^PATCH \/channels\/:channel\/messages\/:message$/, 5, 5_000],
  [/^DELETE \/channels\/:channel\/messages\/:message$/, 5, 1_000],
  [/^PATCH \/channels\/:channel$/, 5, 15_000],
  [/^POST \/channels\/:channel\/typing$/, 5, 5_000],
  [/^(PUT|DELETE) \/channels\/:channel\/messages\/:message\/reactions/, 1, 250],
  [/ \/webhooks\/:webhook\/:token/, 5, 2_000],
]

export interface Costs {
  method: string
  route: string
  path: string
  body: unknown
  /** When the message that is edited was written. */
  editedSince: number | null
}

export interface RateLimits {
  enter(request: Costs): Verdict
}

/** Counts requests in fixed windows, one per method, route and top-level id, as Discord does. */
export function createRateLimits(now: () => number): RateLimits {
  const windows = new Map<string, Window>()
  const draw = ({ key, most, perMs }: Bucket) => {
    const known = windows.get(key)
    const window = known === undefined || known.resetsAt <= now() ? { resetsAt: now() + perMs, used: 0 } : known
    windows.set(key, window)
    if (windows.size > 10_000) for (const [old, { resetsAt }] of windows) if (resetsAt <= now()) windows.delete(old)
    const over = window.used >= most
    if (!over) window.used += 1
    return { over, left: most - window.used, resetMs: window.resetsAt - now() }
  }

  return {
    enter: ({ method, route, path, body, editedSince }) => {
      const line = `${method} ${route}`
      const [, kind = '', id = '', token = ''] = path.split('/')
      const major = kind === 'webhooks' ? `${id}/${token}` : id

      // Interaction routes are not bound to the bot's global limit.
      if (kind !== 'interactions' && kind !== 'webhooks') {
        const global = draw({ key: 'global', ...GLOBAL })
        if (global.over)
          return { headers: { 'x-ratelimit-global': 'true' }, limited: limited(global.resetMs, 'global') }
      }
      const sub = sublimit(line, body, editedSince, now())
      if (sub !== null) {
        const { over, resetMs } = draw({ key: `${sub.code} ${line} ${id}`, ...sub })
        if (over) return { headers: {}, limited: limited(resetMs, 'user', sub.code) }
      }
      const typical = TYPICAL.find(([pattern]) => pattern.test(line))
      if (typical === undefined) return { headers: {}, limited: null }
      const [pattern, most, perMs] = typical
      const { over, left, resetMs } = draw({ key: `${pattern.source} ${major}`, most, perMs })
      const headers = {
        'x-ratelimit-limit': String(most),
        'x-ratelimit-remaining': String(left),
        'x-ratelimit-reset': String((now() + resetMs) / 1000),
        'x-ratelimit-reset-after': String(resetMs / 1000),
        'x-ratelimit-bucket': Buffer.from(pattern.source).toString('hex').slice(0, 32),
      }
      return { headers, limited: over ? limited(resetMs, 'user') : null }
    },
  }
}

/** No limits at all, for tests of other things. */
export const noRateLimits: RateLimits = { enter: () => ({ headers: {}, limited: null }) }

function limited(retryAfterMs: number, scope: Limited['scope'], code = 0): Limited {
  return { retryAfterMs, scope, code }
}

function sublimit(line: string, body: unknown, editedSince: number | null, now: number) {
  const fields = typeof body === 'object' && body !== null ? body : {}
  if (line === 'PATCH /channels/:channel' && ('name' in fields || 'topic' in fields)) return RENAMES
  if (line === 'PATCH /channels/:channel/messages/:message' && editedSince !== null && now - editedSince > OLD_MS)
    return OLD_EDITS
  return null
}
