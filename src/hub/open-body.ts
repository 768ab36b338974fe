import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Readable } from 'node:stream'
import { type Access, HUB_URL } from './endpoint.ts'
import { HubError, type Subject } from './failure.ts'
import { authorization, failureOfError, failureOfResponse, hubRequest } from './request.ts'

/** An answer whose body is read while it comes. */
export interface OpenBody {
  status: number
  body: Readable
}

interface BodyRequest extends Access {
  /** A path of the Hub, starting with a slash. */
  url: string
  headers: Record<string, string>
  subject: Subject
  /** Milliseconds until the first byte of the answer. */
  timeout?: number
}

const MOST_REDIRECTS = 5
/** More than the longest refusal that is worth reading. */
const LONGEST_REFUSAL = 64 * 1024

/**
 * Begins a download; one try, redirects followed, the token kept from other origins. Without a `fetch` of the caller it
 * reads from node:http: fetch copies every chunk once more and needs twice the CPU a byte (2.0 → 4.2 s a GiB).
 * Throws HubError.
 */
export async function openBody(request: BodyRequest): Promise<OpenBody> {
  const { hubUrl = HUB_URL, token = null, offline = false, subject } = request
  if (offline) throw new HubError({ is: 'offline', subject }, { hubUrl, token })
  if (request.fetch) {
    const response = await hubRequest({ ...request, patience: { attempts: 1, base: 0, longest: 0 } })
    const { status, body } = response
    return { status, body: body ? Readable.fromWeb(body) : Readable.from([]) }
  }
  return openFromNode(request, hubUrl)
}

async function openFromNode(request: BodyRequest, hubUrl: string): Promise<OpenBody> {
  const { token = null, signal, subject } = request
  const fail = (failure: HubError['failure']) => new HubError(failure, { hubUrl, token })
  let url = new URL(hubUrl + request.url)
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
    const mine = url.origin === new URL(hubUrl).origin
    const headers = { ...request.headers, ...(mine ? authorization(request) : {}) }
    let message: IncomingMessage
    try {
      message = await get({ url, headers, signal, timeout: request.timeout ?? 15_000 })
    } catch (error) {
      signal?.throwIfAborted()
      throw fail(failureOfError(error))
    }
    const { statusCode: status = 0, headers: received } = message
    if (status >= 200 && status < 300) return { status, body: message }
    if (status >= 300 && status < 400 && received.location !== undefined) {
      message.resume()
      url = new URL(received.location, url)
      if (/^https?:$/.test(url.protocol)) continue
    }
    const pairs = Object.entries(received).map(([name, value]): [string, string] => [name, String(value)])
    const response = new Response(await readRefusal(message), { status: Math.max(200, status), headers: pairs })
    throw fail(await failureOfResponse({ response, subject, signedIn: token !== null }))
  }
  throw fail({ is: 'not-understood', url: hubUrl, what: `more than ${MOST_REDIRECTS} redirects` })
}

async function get({
  url,
  headers,
  signal,
  timeout,
}: {
  url: URL
  headers: Record<string, string>
  signal: AbortSignal | undefined
  timeout: number
}): Promise<IncomingMessage> {
  const send = url.protocol === 'https:' ? httpsRequest : httpRequest
  return new Promise((done, refuse) => {
    const sent = send(url, { headers: { 'user-agent': 'finetune-bot', ...headers }, ...(signal ? { signal } : {}) })
    const timer = setTimeout(() => sent.destroy(new DOMException('no answer', 'TimeoutError')), timeout)
    sent.once('close', () => clearTimeout(timer))
    sent.once('response', (message) => {
      clearTimeout(timer)
      done(message)
    })
    // Stays for the whole download: what comes after the answer is told by its stream, too.
    sent.on('error', refuse)
    sent.end()
  })
}

async function readRefusal(message: IncomingMessage): Promise<string> {
  let text = ''
  try {
    for await (const chunk of message) {
      text += (chunk as Buffer).toString()
      if (text.length > LONGEST_REFUSAL) break
    }
  } catch {
    // The status says enough.
  }
  return text
}
