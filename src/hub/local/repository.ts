import { createHash } from 'node:crypto'
import { type Content, contentOf, type Source } from './content.ts'
import type { Fault } from './faults.ts'

export type RepositoryType = 'model' | 'dataset'

/** A repository that the local Hub is started with. Its files are made when somebody first asks. */
export interface Seed {
  type: RepositoryType
  /** `namespace/name` */
  name: string
  /** Names that it had before: asking for one is redirected. */
  renamedFrom?: readonly string[]
  private?: boolean
  gated?: 'auto' | 'manual'
  disabled?: boolean
  downloads?: number
  pipelineTag?: string
  tags?: readonly string[]
  /** What every download of its files meets. */
  fault?: Fault
  files: () => Promise<Readonly<Record<string, Source>>>
  /** The dataset viewer's conversion: `config/split/0000.parquet`. Null: there is none. */
  parquet?: (() => Promise<Readonly<Record<string, Source>>>) | null
}

export interface Commit {
  id: string
  title: string
  date: string
  files: ReadonlyMap<string, Content>
}

export interface Repository extends Omit<Seed, 'files' | 'parquet'> {
  /** The newest last. */
  commits: (branch: string) => Promise<Commit[]>
  /** Adds a commit to a branch; the same files make none. */
  commit: (branch: string, title: string, files: ReadonlyMap<string, Content>) => Promise<Commit>
}

export const PARQUET_BRANCH = 'refs/convert/parquet'
/** Seeds are always of this moment, so that their commits have the same ids every time. */
const SEED_DATE = '2025-01-01T00:00:00.000Z'

export function repositoryOf(seed: Seed): Repository {
  const { files, parquet = null, ...rest } = seed
  const branches = new Map<string, Promise<Commit[]>>()

  async function first(branch: string): Promise<Commit[]> {
    const make = branch === 'main' ? files : branch === PARQUET_BRANCH ? parquet : null
    if (make === null) return []
    const contents = new Map<string, Content>()
    for (const [path, source] of Object.entries(await make())) contents.set(path, await contentOf(source))
    if (contents.size === 0 && branch !== 'main') return []
    return [commitOf({ repository: rest, parent: null, title: 'initial commit', date: SEED_DATE, files: contents })]
  }

  function commits(branch: string): Promise<Commit[]> {
    const kept = branches.get(branch)
    if (kept) return kept
    const made = first(branch)
    branches.set(branch, made)
    made.catch(() => branches.delete(branch))
    return made
  }

  return {
    ...rest,
    commits,
    commit: async (branch, title, next) => {
      const history = await commits(branch)
      const last = history.at(-1)
      if (last && sameFiles(last.files, next)) return last
      const date = new Date().toISOString()
      const commit = commitOf({ repository: rest, parent: last?.id ?? null, title, date, files: next })
      branches.set(branch, Promise.resolve([...history, commit]))
      return commit
    },
  }
}

/** The commit that a branch's name or a commit's id means, or null. */
export async function findCommit(repository: Repository, revision: string): Promise<Commit | null> {
  const branch = revision === 'HEAD' ? 'main' : revision
  const last = (await repository.commits(branch)).at(-1)
  if (last) return last
  for (const each of ['main', PARQUET_BRANCH]) {
    const found = (await repository.commits(each)).find(({ id }) => id === revision)
    if (found) return found
  }
  return null
}

function commitOf({
  repository,
  parent,
  title,
  date,
  files,
}: {
  repository: { type: RepositoryType; name: string }
  parent: string | null
  title: string
  date: string
  files: ReadonlyMap<string, Content>
}): Commit {
  const hash = createHash('sha1').update(`${repository.type} ${repository.name} ${parent ?? ''} ${date} ${title}\n`)
  for (const [path, { sha256 }] of files) hash.update(`${path} ${sha256}\n`)
  return { id: hash.digest('hex'), title, date, files }
}

function sameFiles(a: ReadonlyMap<string, Content>, b: ReadonlyMap<string, Content>): boolean {
  return a.size === b.size && [...a].every(([path, { sha256 }]) => b.get(path)?.sha256 === sha256)
}
