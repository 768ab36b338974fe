import { randomUUID } from 'node:crypto'
import { type FileHandle, mkdir, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'

/** Ends the name of a folder that is being made or removed; whatever stands under such a name may be deleted. */
export const UNFINISHED = '.unfinished'

/**
 * Makes a folder that is either whole or not there: `fill` writes into one beside it, which is then renamed. A folder of
 * that name is replaced.
 */
export async function writeWholeFolder({
  folder,
  fill,
}: {
  folder: string
  fill: (unfinished: string) => Promise<void>
}): Promise<void> {
  const unfinished = `${folder}.${randomUUID()}${UNFINISHED}`
  await mkdir(unfinished, { recursive: true })
  try {
    await fill(unfinished)
    await removeWholeFolder(folder)
    await rename(unfinished, folder)
    await syncFolder(dirname(folder))
  } finally {
    await rm(unfinished, { recursive: true, force: true })
  }
}

/** Waits for all of them, also where one fails: nothing may still be written into a folder that is given up. */
export async function all(writing: readonly Promise<unknown>[]): Promise<void> {
  for (const each of await Promise.allSettled(writing)) if (each.status === 'rejected') throw each.reason
}

/** Removes a folder so that nobody ever sees half of it; one that is not there is fine. */
export async function removeWholeFolder(folder: string): Promise<void> {
  const leaving = `${folder}.${randomUUID()}${UNFINISHED}`
  try {
    await rename(folder, leaving)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw error
  }
  await rm(leaving, { recursive: true, force: true })
}

/** Writes a text, and returns when it is on disk. */
export function writeText(path: string, text: string): Promise<void> {
  return writePieces(path, [Buffer.from(text)])
}

/** The disk is asked to begin each time that so many bytes are handed over, so that it works while the rest is. */
const BEGIN_EVERY = 16 * 2 ** 20

/** Writes pieces one behind the other, and returns when they are on disk. */
export async function writePieces(path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await open(path, 'w')
  // An error of the disk is told to one sync alone: all of them are waited for.
  const syncs: Promise<void>[] = []
  let isSyncing = false
  const beginSync = () => {
    if (isSyncing) return
    isSyncing = true
    const sync = file.datasync().finally(() => (isSyncing = false))
    sync.catch(() => undefined)
    syncs.push(sync)
  }
  try {
    let isFirst = true
    for (const some of stretches(pieces)) {
      if (!isFirst) beginSync()
      isFirst = false
      await writeAll(file, some)
    }
    await all(syncs)
    await file.datasync()
  } finally {
    await Promise.allSettled(syncs)
    await file.close()
  }
}

/** Pieces in groups of `BEGIN_EVERY` bytes or a little more. */
function* stretches(pieces: readonly Uint8Array[]): Generator<Uint8Array[]> {
  let some: Uint8Array[] = []
  let bytes = 0
  for (const piece of pieces) {
    some.push(piece)
    bytes += piece.length
    if (bytes < BEGIN_EVERY) continue
    yield some
    ;[some, bytes] = [[], 0]
  }
  yield some
}

/** Many pieces in one call: a model has hundreds. */
async function writeAll(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  let left = pieces.filter(({ length }) => length > 0)
  while (left.length > 0) {
    // A disk that fills up takes a part, and says so at the next call.
    let { bytesWritten } = await file.writev(left)
    while (left[0] && bytesWritten >= left[0].length) bytesWritten -= left.shift()?.length ?? 0
    if (left[0]) left = [left[0].subarray(bytesWritten), ...left.slice(1)]
  }
}

/** A rename is only kept through a power cut once its folder is on disk. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
