import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Account, whoAmI } from './account.ts'
import { describeRoutes } from './describe.ts'
import { type Exchange, type HubState, Refusal, type Route, sendJson, sendRefusal } from './exchange.ts'
import { type Fault, type FaultRule, makeFaults } from './faults.ts'
import { fileRoutes, storageRoutes } from './files.ts'
import { repositoryOf, type Repository, type Seed } from './repository.ts'
import { storageUploadRoutes, uploadRoutes } from './upload.ts'
import { viewerRoutes } from './viewer.ts'

/** A request that came, for tests to look at. */
export interface Seen {
  method: string
  path: string
  range: string | null
  status: number
  /** Whether it carried a token. */
  signed: boolean
  storage: boolean
}

export interface LocalHub {
  /** What HF_ENDPOINT is set to. */
  url: string
  seen: readonly Seen[]
  /** Makes the requests whose `METHOD /path` matches go wrong; the answer ends that. */
  addFault: (rule: FaultRule) => () => void
  add: (seed: Seed) => void
  repositories: () => readonly Repository[]
  close: () => Promise<void>
}

const HUB_ROUTES: readonly Route[] = [
  { method: 'GET', path: /^\/api\/whoami-v2$/, answer: answerWhoAmI },
  ...uploadRoutes,
  ...viewerRoutes,
  ...describeRoutes,
  ...fileRoutes,
]
const STORAGE_ROUTES: readonly Route[] = [...storageRoutes, ...storageUploadRoutes]
/** Requests that are remembered. */
const MOST_SEEN = 10_000

/**
 * Starts a Hub on this machine: models, datasets, the dataset viewer, uploads, and failures on demand. It listens on
 * 127.0.0.1 only, and on two ports, because on the public Hub large files are on another origin, too.
 */
export async function startLocalHub({
  port = 0,
  folder,
  seeds = [],
  accounts = [],
}: {
  /** 0 takes a free one. */
  port?: number
  /** For uploads and generated files. Without one, a folder that is removed in the end. */
  folder?: string
  seeds?: readonly Seed[]
  accounts?: readonly Account[]
} = {}): Promise<LocalHub> {
  const own = folder === undefined ? await mkdtemp(join(tmpdir(), 'local-hub-')) : null
  const place = own ?? folder ?? tmpdir()
  await mkdir(place, { recursive: true })
  const faults = makeFaults()
  const seen: Seen[] = []
  const repositories = seeds.map(repositoryOf)
  const urls = { hub: '', storage: '' }
  const state: HubState = {
    url: () => urls.hub,
    storageUrl: () => urls.storage,
    folder: place,
    repositories,
    addRepository: (repository) => repositories.push(repository),
    stored: new Map(),
  }

  function serverOf(routes: readonly Route[], storage: boolean): Server {
    return createServer((request, response) => {
      response.on('close', () => {
        if (seen.length < MOST_SEEN) seen.push(noteOf(request, response, storage))
      })
      const fault = faults.meet(`${request.method ?? ''} ${request.url ?? ''}`)
      void answer({ request, response, routes, accounts, fault, state }).catch((error: unknown) => {
        if (!response.headersSent) sendRefusal(response, new Refusal(500, `The local Hub failed: ${String(error)}`))
        else response.destroy()
      })
    })
  }

  const hub = serverOf(HUB_ROUTES, false)
  const storage = serverOf(STORAGE_ROUTES, true)
  urls.hub = await listen(hub, port)
  urls.storage = await listen(storage, 0)
  return {
    url: urls.hub,
    seen,
    addFault: faults.add,
    add: (seed) => repositories.push(repositoryOf(seed)),
    repositories: () => repositories,
    close: async () => {
      await Promise.all([stop(hub), stop(storage)])
      if (own !== null) await rm(own, { recursive: true, force: true })
    },
  }
}

async function answer({
  request,
  response,
  routes,
  accounts,
  fault,
  state,
}: {
  request: IncomingMessage
  response: ServerResponse
  routes: readonly Route[]
  accounts: readonly Account[]
  fault: Fault | null
  state: HubState
}): Promise<void> {
  try {
    if (fault?.is === 'delay') await sleep(fault.ms)
    if (fault?.is === 'status') {
      throw new Refusal(fault.status, fault.error ?? 'Made to fail', null, { ...fault.headers })
    }
    const url = new URL(request.url ?? '/', state.url())
    const method = request.method === 'HEAD' ? 'GET' : request.method
    for (const route of routes) {
      const at = route.method === method ? route.path.exec(url.pathname) : null
      if (!at) continue
      const account = accountOf(request, accounts)
      const parts = Object.entries(at.groups ?? {}).filter(([, part]) => (part as string | undefined) !== undefined)
      const decoded = Object.fromEntries(parts.map(([name, part]) => [name, decodeURIComponent(part)]))
      await route.answer({ request, response, url, at: decoded, account, fault, hub: state } satisfies Exchange)
      return
    }
    throw new Refusal(404, "Sorry, we can't find the page you are looking for.")
  } catch (error) {
    if (!(error instanceof Refusal)) throw error
    if (response.headersSent) response.destroy()
    else sendRefusal(response, error)
  }
}

function accountOf(request: IncomingMessage, accounts: readonly Account[]): Account | null {
  const given = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1]
  if (given === undefined) return null
  const account = accounts.find(({ token }) => token === given)
  if (!account) throw new Refusal(401, 'Invalid credentials in Authorization header')
  return account
}

function answerWhoAmI({ account, response }: Exchange): void {
  if (account === null) throw new Refusal(401, 'Invalid username or password.')
  sendJson(response, whoAmI(account))
}

function noteOf(request: IncomingMessage, response: ServerResponse, storage: boolean): Seen {
  return {
    method: request.method ?? '',
    path: request.url ?? '',
    range: request.headers.range ?? null,
    status: response.statusCode,
    signed: request.headers.authorization !== undefined,
    storage,
  }
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((done, fail) => {
    server.once('error', fail)
    server.listen(port, '127.0.0.1', done)
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function stop(server: Server): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()))
  server.closeAllConnections()
  await closed
}
