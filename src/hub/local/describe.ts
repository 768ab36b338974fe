import { bytesOf, type Content, isLarge, pointerOf, gitOidOf, textOf } from './content.ts'
import { maySee } from './account.ts'
import { type Exchange, Refusal, readJson, type Route, sendJson, typeOf } from './exchange.ts'
import { findRepository, findRevision } from './find.ts'
import { findCommit, type Commit, type Repository } from './repository.ts'

const PAGE = 1000
const NEEDS_FILES = ['sha', 'config', 'safetensors', 'siblings']

/** What there is: search, a repository's facts, its tree. */
export const describeRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/api\/(?<types>models|datasets)$/, answer: search },
  {
    method: 'GET',
    path: /^\/api\/(?<types>models|datasets)\/(?<name>[^/]+(?:\/[^/]+)?)\/revision\/(?<revision>[^/]+)$/,
    answer: info,
  },
  {
    method: 'GET',
    path: /^\/api\/(?<types>models|datasets)\/(?<name>[^/]+(?:\/[^/]+)?)\/tree\/(?<revision>[^/]+)(?:\/(?<folder>.*))?$/,
    answer: tree,
  },
  {
    method: 'POST',
    path: /^\/api\/(?<types>models|datasets)\/(?<name>[^/]+(?:\/[^/]+)?)\/paths-info\/(?<revision>[^/]+)$/,
    answer: pathsInfo,
  },
  { method: 'GET', path: /^\/api\/(?<types>models|datasets)\/(?<name>[^/]+(?:\/[^/]+)?)$/, answer: info },
]

async function search(exchange: Exchange): Promise<void> {
  const { url, at, hub, account, response } = exchange
  const query = (url.searchParams.get('search') ?? '').toLowerCase()
  const limit = Number(url.searchParams.get('limit') ?? 100)
  const found = hub.repositories
    .filter((each) => each.type === typeOf(at.types) && maySee(account, each))
    .filter((each) => [each.name, ...(each.renamedFrom ?? [])].some((name) => name.toLowerCase().includes(query)))
    .sort((a, b) => (b.downloads ?? 0) - (a.downloads ?? 0))
    .slice(0, limit)
  const rows = []
  for (const repository of found) {
    // Files are made when they are first asked for, and a search that wants none does not ask.
    const commit = NEEDS_FILES.some((field) => wantedFields(url).includes(field))
      ? await findCommit(repository, 'main')
      : null
    rows.push(await describe(repository, commit, url))
  }
  sendJson(response, rows)
}

async function info(exchange: Exchange): Promise<void> {
  const { at, url, response } = exchange
  const repository = findRepository(exchange, typeOf(at.types), at.name ?? '')
  const commit = await findRevision(repository, at.revision ?? 'main')
  sendJson(response, await describe(repository, commit, url))
}

function wantedFields(url: URL): string[] {
  return [...url.searchParams.getAll('expand'), ...url.searchParams.getAll('expand[]')]
}

/** All facts, or those that `expand` names. */
async function describe(repository: Repository, commit: Commit | null, url: URL): Promise<object> {
  const wanted = wantedFields(url)
  const wants = (field: string) => wanted.length === 0 || wanted.includes(field)
  const base = { _id: `local-${repository.type}-${repository.name}`, id: repository.name }
  const facts: Record<string, unknown> = {
    sha: commit?.id,
    private: repository.private ?? false,
    gated: repository.gated ?? false,
    disabled: repository.disabled ?? false,
    downloads: repository.downloads ?? 0,
    likes: 0,
    lastModified: commit?.date,
    createdAt: commit?.date,
    tags: repository.tags ?? [],
    siblings: [...(commit?.files.keys() ?? [])].map((rfilename) => ({ rfilename })),
  }
  if (repository.type === 'model') {
    facts.pipeline_tag = repository.pipelineTag
    facts.library_name = 'transformers'
    if (wants('config') && commit) facts.config = await configOf(commit)
    if (wants('safetensors') && commit) facts.safetensors = await parametersOf(commit)
  }
  const shown = Object.entries(facts).filter(([field, value]) => wants(field) && value !== undefined)
  return { ...base, ...(repository.type === 'model' ? { modelId: repository.name } : {}), ...Object.fromEntries(shown) }
}

async function configOf({ files }: Commit): Promise<object | undefined> {
  const content = files.get('config.json')
  if (!content) return undefined
  const { architectures, model_type } = JSON.parse(await textOf(content)) as Record<string, unknown>
  return { architectures, model_type }
}

async function parametersOf({ files }: Commit): Promise<object | undefined> {
  const content = files.get('model.safetensors')
  if (!content) return undefined
  const length = Number((await bytesOf(content, 0, 8)).readBigUInt64LE())
  // The files of tests are not always what their names say.
  if (8 + length > content.size) return undefined
  const header = JSON.parse((await bytesOf(content, 8, 8 + length)).toString()) as Record<
    string,
    { dtype: string; shape: number[] } | undefined
  >
  const parameters: Record<string, number> = {}
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__' || !entry) continue
    parameters[entry.dtype] = (parameters[entry.dtype] ?? 0) + entry.shape.reduce((a, b) => a * b, 1)
  }
  return { parameters, total: Object.values(parameters).reduce((a, b) => a + b, 0) }
}

async function tree(exchange: Exchange): Promise<void> {
  const { at, url, hub, response } = exchange
  const repository = findRepository(exchange, typeOf(at.types), at.name ?? '')
  const commit = await findRevision(repository, at.revision ?? '')
  const folder = at.folder ? `${at.folder}/` : ''
  const recursive = /^(true|1)$/i.test(url.searchParams.get('recursive') ?? '')
  const entries = listFolder(commit, folder, recursive)
  if (entries.length === 0 && folder !== '')
    throw new Refusal(404, `${at.folder ?? ''} does not exist`, 'EntryNotFound')

  const from = Number(url.searchParams.get('cursor') ?? 0)
  const limit = Number(url.searchParams.get('limit') ?? PAGE)
  const headers: Record<string, string> = {}
  if (from + limit < entries.length) {
    const next = new URL(url.pathname + url.search, hub.url())
    next.searchParams.set('cursor', String(from + limit))
    headers.link = `<${next.href}>; rel="next"`
  }
  sendJson(response, entries.slice(from, from + limit), headers)
}

function listFolder(commit: Commit, folder: string, recursive: boolean): object[] {
  const folders = new Set<string>()
  const entries: object[] = []
  for (const [path, content] of [...commit.files].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!path.startsWith(folder)) continue
    const rest = path.slice(folder.length).split('/')
    const deepest = recursive ? rest.length - 1 : Math.min(1, rest.length - 1)
    for (let depth = 1; depth <= deepest; depth++) {
      const name = folder + rest.slice(0, depth).join('/')
      if (!folders.has(name)) entries.push({ type: 'directory', oid: gitOidOf(Buffer.from(name)), size: 0, path: name })
      folders.add(name)
    }
    if (recursive || rest.length === 1) entries.push(entryOf(path, content))
  }
  return entries
}

async function pathsInfo(exchange: Exchange): Promise<void> {
  const { at, request, response } = exchange
  const repository = findRepository(exchange, typeOf(at.types), at.name ?? '')
  const commit = await findRevision(repository, at.revision ?? '')
  const form = /urlencoded/.test(request.headers['content-type'] ?? '')
  const { paths } = form
    ? { paths: new URLSearchParams(await bodyText(exchange)).getAll('paths') }
    : await readJson(request)
  const wanted = Array.isArray(paths) ? paths.map(String) : []
  const found = wanted.flatMap((path): object[] => {
    const content = commit.files.get(path)
    if (content)
      return [{ ...entryOf(path, content), lastCommit: { id: commit.id, title: commit.title, date: commit.date } }]
    const isFolder = [...commit.files.keys()].some((file) => file.startsWith(`${path}/`))
    return isFolder ? [{ type: 'directory', oid: gitOidOf(Buffer.from(path)), size: 0, path }] : []
  })
  sendJson(response, found)
}

async function bodyText({ request }: Exchange): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function entryOf(path: string, { size, gitOid, sha256 }: Content): object {
  if (!isLarge(path, size)) return { type: 'file', oid: gitOid, size, path }
  const pointer = pointerOf({ sha256, size })
  return { type: 'file', oid: gitOidOf(pointer), size, path, lfs: { oid: sha256, size, pointerSize: pointer.length } }
}
