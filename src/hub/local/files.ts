import { Readable } from 'node:stream'
import { type Content, isLarge } from './content.ts'
import { type Exchange, Refusal, type Route, typeOf } from './exchange.ts'
import { sendBody } from './faults.ts'
import { checkDownload, findRepository, findRevision } from './find.ts'

/** The files themselves: small ones from the Hub, large ones by a redirect to the storage. */
export const fileRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: /^\/(?:(?<types>datasets)\/)?(?<name>[^/]+(?:\/[^/]+)?)\/(?:resolve|raw)\/(?<revision>[^/]+)\/(?<path>.+)$/,
    answer: resolve,
  },
]

/** `/cdn/<sha256>`, on the origin of the storage. */
export const storageRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/cdn\/(?<oid>[0-9a-f]{64})$/, answer: fromStorage },
]

async function resolve(exchange: Exchange): Promise<void> {
  const { at, hub, response } = exchange
  const repository = findRepository(exchange, typeOf(at.types), at.name ?? '')
  const commit = await findRevision(repository, at.revision ?? '')
  const path = at.path ?? ''
  const content = commit.files.get(path)
  if (!content) throw new Refusal(404, 'Entry not found', 'EntryNotFound', { 'x-repo-commit': commit.id })
  checkDownload(exchange, repository)

  const headers = { 'x-repo-commit': commit.id, 'accept-ranges': 'bytes' }
  if (!isLarge(path, content.size)) {
    return sendContent(exchange, content, { ...headers, etag: `"${content.gitOid}"` })
  }
  hub.stored.set(content.sha256, { content, fault: repository.fault ?? null })
  response.writeHead(302, {
    ...headers,
    'x-linked-size': content.size,
    'x-linked-etag': `"${content.sha256}"`,
    location: `${hub.storageUrl()}/cdn/${content.sha256}?X-Signature=local`,
    'content-length': 0,
  })
  response.end()
}

async function fromStorage(exchange: Exchange): Promise<void> {
  const stored = exchange.hub.stored.get(exchange.at.oid ?? '')
  if (!stored) throw new Refusal(403, 'Request has expired')
  const { content, fault } = stored
  await sendContent({ ...exchange, fault: exchange.fault ?? fault }, content, { etag: `"${content.sha256}"` })
}

async function sendContent(
  { request, response, fault }: Exchange,
  content: Content,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const range = rangeOf(request.headers.range, content.size)
  if (range === 'unsatisfiable') {
    throw new Refusal(416, 'Range not satisfiable', null, { 'content-range': `bytes */${content.size}` })
  }
  const { start, end } = range ?? { start: 0, end: content.size }
  response.writeHead(range ? 206 : 200, {
    'content-type': 'application/octet-stream',
    'accept-ranges': 'bytes',
    'content-length': end - start,
    ...(range ? { 'content-range': `bytes ${start}-${end - 1}/${content.size}` } : {}),
    ...headers,
  })
  const body = request.method === 'HEAD' || end <= start ? Readable.from([]) : content.read(start, end)
  try {
    await sendBody(body, response, fault)
  } catch {
    // Who asked has gone; there is nobody to tell.
    response.destroy()
  }
}

function rangeOf(header: string | undefined, size: number): { start: number; end: number } | 'unsatisfiable' | null {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? '')
  if (!found || (found[1] === '' && found[2] === '')) return null
  if (found[1] === '') return { start: Math.max(0, size - Number(found[2])), end: size }
  const start = Number(found[1])
  if (start >= size) return 'unsatisfiable'
  return { start, end: found[2] === '' ? size : Math.min(size, Number(found[2]) + 1) }
}
