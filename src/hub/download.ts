import { mkdir, rename, stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { adoptBlob, linkIntoSnapshot, lockPath, removeFiles, repositoryFolder, writeRef } from './cache.ts'
import { type Access, HUB_URL } from './endpoint.ts'
import { HubError, type HubFailure, type Subject } from './failure.ts'
import { fetchRange } from './fetch-range.ts'
import { withFileLock } from './file-lock.ts'
import { type Extent, openPartialFile, type PartialFile, partialPaths } from './partial-file.ts'
import { etagOf, filePath, type RemoteFile, type RepositoryType } from './repository.ts'
import { pause, type Patience, PATIENT, waitBefore } from './retry.ts'

/** How far a download has come. Bytes and files; `of` counts what was in the cache before, too. */
export interface DownloadProgress {
  bytes: { done: number; of: number }
  files: { done: number; of: number }
  /** Why it waits at the moment, when it does. */
  waiting: HubFailure | null
}

export interface Snapshot {
  /** The commit's folder: `snapshots/<commit>` of the cache. */
  folder: string
  commit: string
  /** Bytes that came over the network, and bytes that were there. */
  fetched: number
  reused: number
}

/** Files above it are fetched by several connections at once. */
const PIECE_OF_LARGE = 32 * 1024 * 1024
const CONNECTIONS = 4
/** Least milliseconds between two reports of progress. */
const REPORT_EVERY = 200

/**
 * Brings files of one commit into the Hub's cache and returns its folder. What is there is not fetched again; what was
 * begun is continued, after a kill -9 too; nothing gets its name before its size and digest are those of the tree.
 * Memory stays flat. Throws HubError.
 */
export async function downloadSnapshot({
  cacheFolder,
  type,
  name,
  otherName = null,
  commit,
  ref = null,
  files,
  connections = CONNECTIONS,
  patience = PATIENT,
  progress = () => undefined,
  now = Date.now,
  ...access
}: Access & {
  cacheFolder: string
  type: RepositoryType
  name: string
  /** A name that it had before: Python may have its files under it. */
  otherName?: string | null
  commit: string
  /** The branch that the commit was found by. */
  ref?: string | null
  files: readonly RemoteFile[]
  connections?: number
  patience?: Patience
  progress?: (progress: DownloadProgress) => void
  now?: () => number
}): Promise<Snapshot> {
  const root = repositoryFolder({ cacheFolder, type, name })
  const folder = join(root, 'snapshots', commit)
  const total = files.reduce((sum, { size }) => sum + size, 0)
  const state = { done: 0, files: 0, fetched: 0, waiting: null as HubFailure | null, reported: -Infinity }

  const report = (force: boolean) => {
    if (!force && now() - state.reported < REPORT_EVERY) return
    state.reported = now()
    progress({
      bytes: { done: state.done, of: total },
      files: { done: state.files, of: files.length },
      waiting: state.waiting,
    })
  }
  const bring = async (file: RemoteFile) => {
    const etag = etagOf(file)
    const blob = join(root, 'blobs', etag)
    const task: Task = {
      access,
      file,
      blob,
      url: filePath({ type, name, revision: commit, path: file.path }),
      subject: { type, name },
      connections,
      patience,
      came: (bytes, fetched) => {
        state.done += bytes
        if (fetched) state.fetched += bytes
        state.waiting = null
        report(false)
      },
      waits: (failure) => {
        state.waiting = failure
        report(true)
      },
    }
    if (!(await isThere(blob, file.size))) {
      await withFileLock({
        path: lockPath({ cacheFolder, type, name, etag }),
        signal: access.signal,
        work: async () => {
          // Another file with the same content, another process, or Python under the old name may have brought it.
          const old =
            otherName === null ? null : join(repositoryFolder({ cacheFolder, type, name: otherName }), 'blobs', etag)
          const there =
            (await isThere(blob, file.size)) ||
            (old !== null && (await adoptBlob({ from: old, to: blob, size: file.size })))
          if (there) task.came(file.size, false)
          else await bringBlob(task)
        },
      })
    }
    await linkIntoSnapshot({ blob, folder, path: file.path })
    state.files++
    report(false)
  }

  await mkdir(join(root, 'blobs'), { recursive: true })
  await mkdir(folder, { recursive: true })
  for (const file of files) if (await isThere(join(root, 'blobs', etagOf(file)), file.size)) state.done += file.size
  report(true)
  await checkSpace({ folder: cacheFolder, needs: total - state.done, access })
  const small = files.filter(({ size }) => size <= PIECE_OF_LARGE)
  await inParallel(small, connections, bring)
  for (const file of files.filter(({ size }) => size > PIECE_OF_LARGE)) await bring(file)
  if (ref !== null) await writeRef({ folder: root, ref, commit })
  report(true)
  return { folder, commit, fetched: state.fetched, reused: total - state.fetched }
}

interface Task {
  access: Access
  file: RemoteFile
  blob: string
  url: string
  subject: Subject
  connections: number
  patience: Patience
  came: (bytes: number, fetched: boolean) => void
  waits: (failure: HubFailure) => void
}

/** Fetches one blob and gives it its name; if it comes damaged, once more from the beginning. */
async function bringBlob(task: Task): Promise<void> {
  const { access, file, blob, subject, came } = task
  const { data, log } = partialPaths(blob)
  for (let damaged = 0; ; damaged++) {
    const partial = await openPartialFile({ blob, file })
    let wrong: { expected: string; got: string } | null
    try {
      const had = partial.has()
      came(had, false)
      await fetchMissing(task, partial)
      wrong = await partial.verify()
      if (wrong) came(-file.size, false)
    } finally {
      await partial.close()
    }
    if (wrong === null) {
      await rename(data, blob)
      await removeFiles([log])
      return
    }
    await removeFiles([data, log])
    if (damaged > 0) throw failWith({ is: 'corrupt', subject, path: file.path, ...wrong }, access)
  }
}

/** The gaps, taken in order by as many connections as there may be; the first failure ends them all. */
async function fetchMissing(task: Task, partial: PartialFile): Promise<void> {
  const ended = new AbortController()
  const { signal } = task.access
  const own = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal
  await inParallel(
    partial.missing(PIECE_OF_LARGE),
    task.connections,
    (gap) => fetchGap({ task, partial, gap, signal: own }),
    () => ended.abort(),
  )
}

/** One gap, retried where that helps, from where it ended. */
async function fetchGap({
  task,
  partial,
  gap,
  signal,
}: {
  task: Task
  partial: PartialFile
  gap: Extent
  signal: AbortSignal
}): Promise<void> {
  let at = gap.start
  const write = async (start: number, bytes: Uint8Array) => {
    await partial.write(start, bytes).catch((error: unknown) => {
      throw writeFailure(error, task)
    })
    at = start + bytes.length
    task.came(bytes.length, true)
  }
  for (let tried = 1; at < gap.end; tried++) {
    const before = at
    try {
      const { access, url, subject, file } = task
      await fetchRange({ ...access, signal, url, subject, size: file.size, range: { start: at, end: gap.end }, write })
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      // A connection that brought something starts the count anew.
      if (at > before) tried = 1
      const wait = waitBefore({ failure: error.failure, tried, patience: task.patience })
      if (wait === null) throw error
      task.waits(error.failure)
      await pause(wait, signal)
    }
  }
}

function writeFailure(error: unknown, { access, blob }: Task): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : null
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error
  return failWith({ is: 'disk-full', folder: dirname(blob), needs: null, free: null }, access)
}

/** Throws before anything is fetched when it cannot fit. */
async function checkSpace({ folder, needs, access }: { folder: string; needs: number; access: Access }): Promise<void> {
  const disk = await statfs(folder).catch(() => null)
  const free = disk === null ? Infinity : disk.bavail * disk.bsize
  if (needs > free) throw failWith({ is: 'disk-full', folder, needs, free }, access)
}

async function isThere(path: string, size: number): Promise<boolean> {
  return (await stat(path).catch(() => null))?.size === size
}

/** Throws the first error after everything that was begun has ended; nothing new is begun after it. */
async function inParallel<Item>(
  items: readonly Item[],
  most: number,
  work: (item: Item) => Promise<void>,
  onError: () => void = () => undefined,
): Promise<void> {
  const queue = items.values()
  const errors: unknown[] = []
  const worker = async () => {
    for (const item of queue) {
      if (errors.length > 0) return
      await work(item).catch((error: unknown) => {
        errors.push(error)
        onError()
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  if (errors.length > 0) throw errors[0]
}

function failWith(failure: HubFailure, { hubUrl = HUB_URL, token = null }: Access): HubError {
  return new HubError(failure, { hubUrl, token })
}
