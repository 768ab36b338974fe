import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { mayWrite, namespaceOf } from './account.ts'
import { type Content, contentOf, isLarge } from './content.ts'
import { type Exchange, readBody, readJson, Refusal, type Route, sendJson, typeOf } from './exchange.ts'
import { findRepository } from './find.ts'
import { repositoryOf, type Repository } from './repository.ts'

/** Publishing: create, preupload, LFS batch, commit. */
export const uploadRoutes: readonly Route[] = [
  { method: 'POST', path: /^\/api\/repos\/create$/, answer: create },
  {
    method: 'POST',
    path: /^\/api\/(?<types>models|datasets)\/(?<name>[^/]+\/[^/]+)\/preupload\/(?<branch>[^/]+)$/,
    answer: preupload,
  },
  {
    method: 'POST',
    path: /^\/(?:(?<types>datasets)\/)?(?<name>[^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/,
    answer: batch,
  },
  {
    method: 'POST',
    path: /^\/api\/(?<types>models|datasets)\/(?<name>[^/]+\/[^/]+)\/commit\/(?<branch>[^/]+)$/,
    answer: commit,
  },
]

/** The upload of a large file, on the origin of the storage: its address is the permission. */
export const storageUploadRoutes: readonly Route[] = [
  { method: 'PUT', path: /^\/upload\/(?<oid>[0-9a-f]{64})$/, answer: upload },
]

async function create(exchange: Exchange): Promise<void> {
  const { request, response, account, hub } = exchange
  const body = await readJson(request)
  const type = body.type === 'dataset' ? 'dataset' : 'model'
  const namespace = typeof body.organization === 'string' ? body.organization : (account?.name ?? '')
  const name = `${namespace}/${String(body.name)}`
  if (!mayWrite(account, namespace)) {
    throw new Refusal(
      account === null ? 401 : 403,
      account === null
        ? 'Invalid username or password.'
        : `You don't have the rights to create a ${type} under the namespace "${namespace}"`,
    )
  }
  if (hub.repositories.some((each) => each.type === type && each.name === name)) {
    throw new Refusal(409, `You already created this ${type} repo`)
  }
  hub.addRepository(
    repositoryOf({
      type,
      name,
      private: body.visibility === 'private' || body.private === true,
      files: () => Promise.resolve({ '.gitattributes': '*.safetensors filter=lfs diff=lfs merge=lfs -text\n' }),
    }),
  )
  const url = `${hub.url()}/${type === 'dataset' ? 'datasets/' : ''}${name}`
  sendJson(response, { url, id: name, name })
}

function writable(exchange: Exchange): Repository {
  const repository = findRepository(exchange, typeOf(exchange.at.types), exchange.at.name ?? '')
  if (mayWrite(exchange.account, namespaceOf(repository.name))) return repository
  throw new Refusal(
    403,
    `Forbidden: you must use a write token to upload to a repository, and be a member of "${namespaceOf(repository.name)}".`,
  )
}

async function preupload(exchange: Exchange): Promise<void> {
  const { request, response } = exchange
  writable(exchange)
  const { files } = await readJson(request)
  const answers = (files as { path: string; size: number }[]).map(({ path, size }) => ({
    path,
    uploadMode: isLarge(path, size) ? 'lfs' : 'regular',
    shouldIgnore: false,
  }))
  sendJson(response, { files: answers })
}

async function batch(exchange: Exchange): Promise<void> {
  const { request, response, hub } = exchange
  writable(exchange)
  const { objects } = await readJson(request)
  const answers = []
  for (const { oid, size } of objects as { oid: string; size: number }[]) {
    const known = await stat(storedPath(hub.folder, oid)).catch(() => null)
    const href = `${hub.storageUrl()}/upload/${oid}?X-Signature=local`
    answers.push({ oid, size, ...(known ? {} : { actions: { upload: { href, header: {} } } }) })
  }
  sendJson(response, { transfer: 'basic', objects: answers }, { 'content-type': 'application/vnd.git-lfs+json' })
}

async function upload({ request, response, at, hub }: Exchange): Promise<void> {
  // As S3: no length, no upload.
  if (request.headers['content-length'] === undefined) throw new Refusal(411, 'MissingContentLength')
  const oid = at.oid ?? ''
  const path = storedPath(hub.folder, oid)
  await mkdir(join(hub.folder, 'lfs'), { recursive: true })
  const unfinished = `${path}.${randomUUID()}`
  const hash = createHash('sha256')
  const counting = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
  try {
    await pipeline(request, counting, createWriteStream(unfinished))
    if (hash.digest('hex') !== oid) throw new Refusal(400, 'The content does not have that SHA-256')
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
  response.writeHead(200, { etag: `"${oid}"`, 'content-length': 0 })
  response.end()
}

async function commit(exchange: Exchange): Promise<void> {
  const { request, response, at, hub } = exchange
  const repository = writable(exchange)
  const branch = at.branch ?? 'main'
  const history = await repository.commits(branch)
  const head = history.at(-1)
  const files = new Map<string, Content>(head?.files)
  let title = 'Upload'
  for (const line of (await readBody(request)).split('\n').filter((text) => text !== '')) {
    const { key, value } = JSON.parse(line) as { key: string; value: Record<string, string> }
    if (key === 'header') {
      title = value.summary ?? title
      if (value.parentCommit && value.parentCommit !== head?.id) {
        throw new Refusal(412, 'A commit has happened since. Please refresh and try again.')
      }
    }
    const path = value.path ?? ''
    if (key === 'file') files.set(path, await contentOf(Buffer.from(value.content ?? '', 'base64')))
    if (key === 'lfsFile') files.set(path, await contentOf({ file: storedPath(hub.folder, value.oid ?? '') }))
    if (key === 'deletedFile') files.delete(path)
  }
  const made = await repository.commit(branch, title, files)
  const page = `${hub.url()}/${repository.type === 'dataset' ? 'datasets/' : ''}${repository.name}`
  sendJson(response, { success: true, commitOid: made.id, commitUrl: `${page}/commit/${made.id}`, hookOutput: '' })
}

function storedPath(folder: string, oid: string): string {
  if (!/^[0-9a-f]{64}$/.test(oid)) throw new Refusal(400, 'Expected a SHA-256')
  return join(folder, 'lfs', oid)
}
