import { randomUUID } from 'node:crypto'
import { link, mkdir, readdir, readFile, readlink, rename, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { etagOf, isCommit, isInnerPath, isRepositoryName, type RemoteFile, type RepositoryType } from './repository.ts'

/*
 * The Hub's own cache, as Python's huggingface_hub keeps it, so that both have one copy:
 *
 *   <cache>/models--org--name/blobs/<etag>                     contents
 *                            /snapshots/<commit>/<path>        links to them
 *                            /refs/<branch>                    the commit that a branch was at
 *   <cache>/.locks/models--org--name/<etag>.lock               flock while a blob is downloaded
 */

export interface CachedRepository {
  type: RepositoryType
  name: string
}

/** A commit that is in the cache, whole or in part. */
export interface CachedSnapshot extends CachedRepository {
  commit: string
  folder: string
  /** With `/`, in order. */
  paths: string[]
}

export function repositoryFolder({ cacheFolder, type, name }: CachedRepository & { cacheFolder: string }): string {
  return join(cacheFolder, [`${type}s`, ...name.split('/')].join('--'))
}

export function lockPath({
  cacheFolder,
  type,
  name,
  etag,
}: CachedRepository & { cacheFolder: string; etag: string }): string {
  return join(cacheFolder, '.locks', [`${type}s`, ...name.split('/')].join('--'), `${etag}.lock`)
}

/** Links a blob into a commit's folder, the way Python does: relative, so that the cache can be moved. */
export async function linkIntoSnapshot({
  blob,
  folder,
  path,
}: {
  blob: string
  /** The commit's folder */
  folder: string
  path: string
}): Promise<void> {
  const pointer = join(folder, path)
  const target = relative(dirname(pointer), blob)
  if ((await readlink(pointer).catch(() => null)) === target) return
  await mkdir(dirname(pointer), { recursive: true })
  // Under another name first: nobody ever sees a folder without the file that it had.
  const fresh = `${pointer}.${randomUUID().slice(0, 8)}.link`
  await symlink(target, fresh)
  await rename(fresh, pointer)
}

/** Remembers which commit a branch is at. */
export async function writeRef({
  folder,
  ref,
  commit,
}: {
  folder: string
  ref: string
  commit: string
}): Promise<void> {
  if (!isInnerPath(ref) || ref === commit) return
  const path = join(folder, 'refs', ref)
  if ((await readFile(path, 'utf8').catch(() => null)) === commit) return
  await mkdir(dirname(path), { recursive: true })
  const fresh = `${path}.${randomUUID().slice(0, 8)}`
  await writeFile(fresh, commit)
  await rename(fresh, path)
}

/** Gives a blob of another folder a second name here. False when there is none, or it is on another disk. */
export async function adoptBlob({ from, to, size }: { from: string; to: string; size: number }): Promise<boolean> {
  if ((await stat(from).catch(() => null))?.size !== size) return false
  return link(from, to).then(
    () => true,
    () => false,
  )
}

/**
 * What the cache holds of a repository at a revision (a branch or a commit), under the name or the name that the Hub
 * gave it since (`imdb` is found in `stanfordnlp/imdb`). Null when nothing.
 */
export async function findCached({
  cacheFolder,
  type,
  name,
  revision = 'main',
}: CachedRepository & { cacheFolder: string; revision?: string }): Promise<CachedSnapshot | null> {
  const names = [name]
  if (!name.includes('/')) {
    const others = await listCached(cacheFolder)
    names.unshift(
      ...others.filter((each) => each.type === type && each.name.endsWith(`/${name}`)).map((each) => each.name),
    )
  }
  for (const candidate of names) {
    const root = repositoryFolder({ cacheFolder, type, name: candidate })
    const commit = isCommit(revision) ? revision : await readRef(root, revision)
    if (commit === null) continue
    const folder = join(root, 'snapshots', commit)
    const paths = await listPaths(folder)
    if (paths.length > 0) return { type, name: candidate, commit, folder, paths }
  }
  return null
}

/** Bytes of these files that are in the cache, whole. */
export async function cachedBytes({
  cacheFolder,
  type,
  name,
  files,
}: CachedRepository & { cacheFolder: string; files: readonly RemoteFile[] }): Promise<number> {
  const blobs = join(repositoryFolder({ cacheFolder, type, name }), 'blobs')
  const sizes = await Promise.all(
    files.map(async (file) => {
      const found = await stat(join(blobs, etagOf(file))).catch(() => null)
      return found?.size === file.size ? file.size : 0
    }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Every repository that the cache holds. */
export async function listCached(cacheFolder: string): Promise<CachedRepository[]> {
  const folders = await readdir(cacheFolder).catch(() => [])
  return folders.flatMap((folder): CachedRepository[] => {
    const [types, ...parts] = folder.split('--')
    const name = parts.join('/')
    if ((types !== 'models' && types !== 'datasets') || !isRepositoryName(name)) return []
    return [{ type: types === 'models' ? 'model' : 'dataset', name }]
  })
}

async function readRef(root: string, revision: string): Promise<string | null> {
  if (!isInnerPath(revision)) return null
  const commit = (await readFile(join(root, 'refs', revision), 'utf8').catch(() => '')).trim()
  return isCommit(commit) ? commit : null
}

/** Files whose content is there: a link to a blob that is not, is left out. */
async function listPaths(folder: string): Promise<string[]> {
  const names = await readdir(folder, { recursive: true }).catch(() => [])
  const paths: string[] = []
  for (const name of names.sort()) {
    const found = await stat(join(folder, name)).catch(() => null)
    if (found?.isFile()) paths.push(name.split(sep).join('/'))
  }
  return paths
}

/** Removes leftovers of a download that is to start over. */
export async function removeFiles(paths: readonly string[]): Promise<void> {
  for (const path of paths) await rm(path, { force: true })
}
