import type { z } from 'zod'
import { type Access, HUB_URL } from './endpoint.ts'
import { HubError, type HubFailure, type Subject } from './failure.ts'
import { QUICK, type Patience, withRetries } from './retry.ts'

const USER_AGENT = 'finetune-bot'

export interface HubRequest extends Access {
  /** A path of the Hub, starting with a slash, or a whole address. */
  url: string
  /** For the sentence when it fails. */
  subject: Subject
  method?: 'GET' | 'HEAD' | 'POST'
  headers?: Record<string, string>
  body?: string
  redirect?: 'follow' | 'manual'
  /** Milliseconds until the first byte of the answer. */
  timeout?: number
  patience?: Patience
}

/**
 * One request to the Hub, tried again where that helps. The answer is a success (or a redirect, with `manual`).
 * Throws HubError; with `offline`, at once and without a request.
 */
export async function hubRequest(request: HubRequest): Promise<Response> {
  const { hubUrl = HUB_URL, token = null, offline = false, signal, subject, patience = QUICK } = request
  if (offline) throw new HubError({ is: 'offline', subject }, { hubUrl, token })
  return withRetries({ patience, signal, attempt: () => once(request) })
}

async function once(request: HubRequest): Promise<Response> {
  const { hubUrl = HUB_URL, token = null, fetch: fetcher = fetch, signal, subject, timeout = 15_000 } = request
  const url = request.url.startsWith('/') ? hubUrl + request.url : request.url
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(new DOMException('no answer', 'TimeoutError')), timeout)
  let response: Response
  try {
    response = await fetcher(url, {
      method: request.method ?? 'GET',
      headers: { 'user-agent': USER_AGENT, ...authorization(request), ...request.headers },
      redirect: request.redirect ?? 'follow',
      signal: signal ? AbortSignal.any([signal, limit.signal]) : limit.signal,
      ...(request.body === undefined ? {} : { body: request.body }),
    })
  } catch (error) {
    signal?.throwIfAborted()
    throw new HubError(failureOfError(error), { hubUrl, token })
  } finally {
    clearTimeout(timer)
  }
  if (response.ok || (response.status >= 300 && response.status < 400)) return response
  throw new HubError(await failureOfResponse({ response, subject, signedIn: token !== null }), { hubUrl, token })
}

/** A request whose answer is JSON of a known shape. A body that is cut counts as a cut connection. */
export async function hubJson<Schema extends z.ZodType>(
  request: HubRequest & { schema: Schema },
): Promise<{ value: z.infer<Schema>; response: Response }> {
  const { hubUrl = HUB_URL, token = null, signal, subject, schema, patience = QUICK } = request
  return withRetries({
    patience,
    signal,
    attempt: async () => {
      const response = await hubRequest({ ...request, patience: { ...patience, attempts: 1 } })
      let text: string
      try {
        text = await response.text()
      } catch {
        signal?.throwIfAborted()
        throw new HubError({ is: 'cut', subject, received: 0, of: 0 }, { hubUrl, token })
      }
      const parsed = schema.safeParse(parseJson(text))
      if (parsed.success) return { value: parsed.data, response }
      const issue = parsed.error.issues[0]
      const what = `${new URL(response.url || hubUrl).pathname} has ${issue ? `\`${issue.path.join('.')}\`: ${issue.message}` : 'another form'}`
      throw new HubError({ is: 'not-understood', url: hubUrl, what }, { hubUrl, token })
    },
  })
}

/** The header that says who asks; the only place but publishing where a token is revealed. */
export function authorization({ token }: Access): Record<string, string> {
  return token ? { authorization: `Bearer ${token.reveal()}` } : {}
}

/** Reads the Hub's refusal: status, X-Error-Code, X-Error-Message and the body's `error`. */
export async function failureOfResponse({
  response,
  subject,
  signedIn,
}: {
  response: Response
  subject: Subject
  signedIn: boolean
}): Promise<HubFailure> {
  const { status, headers } = response
  const code = headers.get('x-error-code')
  // Shown to people, and some servers repeat what they were sent.
  const said =
    (headers.get('x-error-message') ?? (await bodyMessage(response)))
      ?.slice(0, 300)
      .replace(/\bhf_\w{8,}/g, '[hf token]') ?? null
  if (code === 'GatedRepo') {
    return { is: 'gated', subject, signedIn, waiting: /awaiting|pending/i.test(said ?? '') }
  }
  if (code === 'RevisionNotFound') return { is: 'no-revision', subject, revision: null }
  if (code === 'EntryNotFound') return { is: 'no-file', subject, path: null }
  if (/access to this resource is disabled/i.test(said ?? '')) return { is: 'disabled', subject }
  if (status === 401) {
    // Without a token, the Hub says 401 (“Invalid username or password”) for what does not exist, too.
    if (subject.type === 'account' || (signedIn && code !== 'RepoNotFound')) return { is: 'unauthorized', subject }
    return { is: 'missing', subject, signedIn }
  }
  if (status === 403) return { is: 'forbidden', subject, said }
  if (status === 404 || status === 410) return { is: 'missing', subject, signedIn }
  if (status === 409 || status === 412) return { is: 'conflict', subject }
  if (status === 429) return { is: 'rate-limited', retryAfter: retryAfterOf(headers), signedIn }
  if (status >= 500 || status === 408) return { is: 'unavailable', status, retryAfter: retryAfterOf(headers) }
  return { is: 'refused', status, said }
}

/** Seconds from Retry-After (a number or a date), or from the Hub's `ratelimit: "api";r=0;t=55`. */
function retryAfterOf(headers: Headers): number | null {
  const given = headers.get('retry-after')
  if (given !== null && /^\d+$/.test(given)) return Number(given)
  const date = given === null ? NaN : Date.parse(given)
  if (Number.isFinite(date)) return Math.max(0, (date - Date.now()) / 1000)
  const window = /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1]
  return window === undefined ? null : Number(window)
}

async function bodyMessage(response: Response): Promise<string | null> {
  const text = await response.text().catch(() => '')
  const value = parseJson(text)
  if (typeof value !== 'object' || value === null || !('error' in value)) return null
  return typeof value.error === 'string' ? value.error : null
}

/** What fetch threw: no address, no route, a refusal, a cut, or silence. */
export function failureOfError(error: unknown): HubFailure {
  const code = codeOf(error) ?? 'no connection'
  // A wrong name or a certificate that is not trusted does not mend itself; the rest may.
  const lasting = /^(ENOTFOUND|ERR_INVALID_URL|CERT_|ERR_TLS|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_)/.test(code)
  return { is: 'unreachable', code, transient: !lasting }
}

function codeOf(error: unknown): string | null {
  for (let at: unknown = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (at.name === 'TimeoutError') return 'no answer in time'
    if ('code' in at && typeof at.code === 'string') return at.code
    if (at instanceof AggregateError && at.errors[0] instanceof Error) return codeOf(at.errors[0])
  }
  return null
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
