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
  /** Bytes that came over the network */
  fetched: number
}

/** Files above it are fetched one after another, each by as many connections as it needs. */
const LARGE = 32 * 1024 * 1024
/** What must be left of a connection's work for another one to take half: far more than it holds in memory. */
const WORTH_SHARING = 36 * 1024 * 1024
const CONNECTIONS = 4
/** Milliseconds between two more connections, and the bytes a second that need no more. */
const GROW_EVERY = 500
const FAST = 100e6
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
  const small = files.filter(({ size }) => size <= LARGE)
  await inParallel(small, connections, bring)
  for (const file of files.filter(({ size }) => size > LARGE)) await bring(file)
  if (ref !== null) await writeRef({ folder: root, ref, commit })
  report(true)
  return { folder, commit, fetched: state.fetched }
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

/**
 * Fetches what is missing. It begins with one connection and adds one every half second while that may make it faster:
 * one alone fills a fast line at the least cost. The first failure ends all.
 */
async function fetchMissing(task: Task, partial: PartialFile): Promise<void> {
  const ended = new AbortController()
  const { signal: outer } = task.access
  const signal = outer ? AbortSignal.any([outer, ended.signal]) : ended.signal
  const share = sharedWork(partial.missing())
  const errors: unknown[] = []
  const connect = async () => {
    try {
      for (let gap = share(); gap !== null; gap = share()) await fetchGap({ task, partial, gap, signal })
    } catch (error) {
      errors.push(error)
      ended.abort()
    }
  }
  const connections = [connect()]
  let before = partial.has()
  const grow = setInterval(() => {
    const rate = (partial.has() - before) / (GROW_EVERY / 1000)
    before = partial.has()
    if (rate < FAST && connections.length < task.connections) connections.push(connect())
  }, GROW_EVERY)
  // Those that are added meanwhile are in the array, too.
  for (const connection of connections) await connection
  clearInterval(grow)
  if (errors.length > 0) throw errors[0]
}

/** Hands out gaps; when all are taken, the second half of the largest that is being fetched. Null when there is none. */
function sharedWork(gaps: Extent[]): () => Extent | null {
  const taken: Extent[] = []
  return () => {
    const left = ({ start, end }: Extent) => end - start
    const next = gaps.shift() ?? null
    if (next) {
      taken.push(next)
      return next
    }
    const largest = taken.toSorted((a, b) => left(b) - left(a))[0]
    if (!largest || left(largest) < WORTH_SHARING) return null
    const middle = largest.start + Math.ceil(left(largest) / 2)
    const half = { start: middle, end: largest.end }
    largest.end = middle
    taken.push(half)
    return half
  }
}

/** One gap, retried where that helps, from where it ended. Its start rises as bytes are written; its end may sink. */
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
  const write = async (start: number, chunks: readonly Uint8Array[]) => {
    const bytes = chunks.reduce((sum, { length }) => sum + length, 0)
    await partial.write(start, chunks).catch((error: unknown) => {
      throw writeFailure(error, task)
    })
    // Pieces may be done out of order; if an earlier one fails, the whole download does.
    gap.start = Math.max(gap.start, start + bytes)
    task.came(bytes, true)
  }
  for (let tried = 1; gap.start < gap.end; tried++) {
    const before = gap.start
    try {
      const { access, url, subject, file } = task
      await fetchRange({ ...access, signal, url, subject, size: file.size, range: gap, write })
    } catch (error) {
      if (!(error instanceof HubError)) throw error
      // A connection that brought something starts the count anew.
      if (gap.start > before) tried = 1
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
): Promise<void> {
  const queue = items.values()
  const errors: unknown[] = []
  const worker = async () => {
    for (const item of queue) {
      if (errors.length > 0) return
      await work(item).catch((error: unknown) => {
        errors.push(error)
      })
    }
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  if (errors.length > 0) throw errors[0]
}

function failWith(failure: HubFailure, { hubUrl = HUB_URL, token = null }: Access): HubError {
  return new HubError(failure, { hubUrl, token })
}
