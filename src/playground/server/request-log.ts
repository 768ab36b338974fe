export interface LoggedRequest {
  method: string
  /** With the ids taken out: `/channels/:channel/messages/:message`. */
  route: string
  path: string
  /** 0 where the connection was cut before an answer. */
  status: number
  /** Discord's code of a failure. */
  code: number | null
  /** When it came, ms since 1970. */
  at: number
  /** How long the answer took. */
  ms: number
  body: unknown
  files: { name: string; bytes: number }[]
  /** A failure that a test asked for. */
  injected: boolean
}

export interface LoggedAck {
  interaction: string
  command: string | null
  /** Type of the answer. */
  type: number
  latencyMs: number
}

/** Every REST request and every first answer to an interaction, oldest first; the last 10,000 of each are kept. */
export interface RequestLog {
  readonly requests: LoggedRequest[]
  readonly acks: LoggedAck[]
  /** `PATCH /channels/:channel/messages/:message`. */
  of(route: string): LoggedRequest[]
  /** Edits of messages that were carried out, of one message or of all. */
  edits(message?: string): LoggedRequest[]
  clear(): void
}

export interface Recorder extends RequestLog {
  addRequest(one: LoggedRequest): void
  addAck(one: LoggedAck): void
}

const KEPT = 10_000

export function createRequestLog(): Recorder {
  const requests: LoggedRequest[] = []
  const acks: LoggedAck[] = []
  const add = <T>(list: T[], one: T) => {
    list.push(one)
    if (list.length > KEPT) list.splice(0, list.length - KEPT)
  }
  return {
    requests,
    acks,
    of: (route) => requests.filter((one) => `${one.method} ${one.route}` === route),
    edits: (message) =>
      requests
        .filter(
          ({ method, route, status }) =>
            method === 'PATCH' && route.endsWith('/messages/:message') && (status === 200 || status === 0),
        )
        .filter(({ path }) => message === undefined || path.endsWith(`/${message}`)),
    clear: () => {
      requests.length = 0
      acks.length = 0
    },
    addRequest: (one) => add(requests, one),
    addAck: (one) => add(acks, one),
  }
}

/** `/channels/123/messages/456` → `/channels/:channel/messages/:message`. */
export function routeOf(path: string): string {
  const parts = path.split('/')
  const named = parts.map((part, index) => {
    const before = parts[index - 1] ?? ''
    if ((parts[1] === 'interactions' || parts[1] === 'webhooks') && index === 3) return ':token'
    if (before === 'reactions') return ':emoji'
    if (part === '@original' || before === 'pins') return ':message'
    return /^\d{17,20}$/.test(part) ? `:${before.replace(/s$/, '')}` : part
  })
  return named.join('/')
}
