import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Account } from './account.ts'
import type { Content } from './content.ts'
import type { Fault } from './faults.ts'
import type { Repository, RepositoryType } from './repository.ts'

/** One request and what answers it. */
export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  /** The named parts of the route, decoded. */
  at: Readonly<Record<string, string>>
  /** Who asks; null without a token. */
  account: Account | null
  fault: Fault | null
  hub: HubState
}

/** What all routes share. */
export interface HubState {
  url: () => string
  /** Another origin, as on the public Hub: large files are there, and no token may ever come to it. */
  storageUrl: () => string
  folder: string
  repositories: Repository[]
  addRepository: (repository: Repository) => void
  /** Large files that somebody was sent to the storage for, by SHA-256. */
  stored: Map<string, { content: Content; fault: Fault | null }>
}

export interface Route {
  method: 'GET' | 'POST' | 'PUT'
  path: RegExp
  answer: (exchange: Exchange) => Promise<void> | void
}

/** An answer that is a refusal; thrown anywhere in a route. */
export class Refusal extends Error {
  readonly status: number
  readonly code: string | null
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, code: string | null = null, headers: Record<string, string> = {}) {
    super(message)
    this.status = status
    this.code = code
    this.headers = headers
  }
}

export function sendJson(response: ServerResponse, value: unknown, headers: Record<string, string> = {}): void {
  const body = Buffer.from(JSON.stringify(value))
  response.writeHead(200, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

export function sendRefusal(response: ServerResponse, { status, message, code, headers }: Refusal): void {
  const body = Buffer.from(JSON.stringify({ error: message }))
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'content-length': body.length,
    'x-error-message': message,
    ...(code === null ? {} : { 'x-error-code': code }),
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}

/** The whole body as text; meant for the small ones. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

export async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = JSON.parse(await readBody(request))
  if (typeof value !== 'object' || value === null) throw new Refusal(400, 'Expected a JSON object')
  return value as Readonly<Record<string, unknown>>
}

export function typeOf(plural: string | undefined): RepositoryType {
  return plural === 'datasets' ? 'dataset' : 'model'
}
