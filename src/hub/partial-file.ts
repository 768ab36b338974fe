import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { removeFiles } from './cache.ts'
import { followDigest } from './following-digest.ts'
import type { RemoteFile } from './repository.ts'

/** From `start` up to and without `end`, in bytes. */
export interface Extent {
  start: number
  end: number
}

/** A file that is being downloaded, in any order, and remembers across a kill -9 which bytes it has. */
export interface PartialFile {
  /** What is still to be fetched, in order. */
  missing: () => Extent[]
  /** Writes bytes in their place, and remembers them. */
  write: (start: number, chunks: readonly Uint8Array[]) => Promise<void>
  /** Bytes that are there. */
  has: () => number
  /** Null when the content is what the tree says; else the two digests. */
  verify: () => Promise<{ expected: string; got: string } | null>
  close: () => Promise<void>
}

export function partialPaths(blob: string): { data: string; log: string } {
  // Python continues `<etag>.incomplete` at its end, and ours has holes: it gets a name of its own.
  return { data: `${blob}.ranges.incomplete`, log: `${blob}.ranges.log` }
}

/**
 * Opens, or goes on with, the unfinished download of a file. The log has one line for each piece that was written,
 * after it was written, so that whatever it names is there.
 */
export async function openPartialFile({ blob, file }: { blob: string; file: RemoteFile }): Promise<PartialFile> {
  const { data, log } = partialPaths(blob)
  const known = await readLog(log, file.size)
  if (known === null) await removeFiles([data, log])
  const handle = await open(data, constants.O_RDWR | constants.O_CREAT, 0o644)
  const onDisk = (await handle.stat()).size
  const extents: Extent[] = (known ?? []).filter(({ end }) => end <= onDisk)
  const journal = await open(log, 'a')
  if (known === null) await journal.write(`ranges 1 ${file.size}\n`)
  const digest = followDigest({ path: data, file })

  let noted: Promise<void> = Promise.resolve()
  return {
    missing: () => gapsOf(extents, file.size),
    write: async (start, chunks) => {
      const end = await writeAll(handle, chunks, start)
      addExtent(extents, { start, end })
      if (extents[0]?.start === 0) digest.reached(extents[0].end)
      // Nobody waits for the line: without it, a kill only costs this piece once more.
      noted = noted
        .then(() => journal.write(`${start} ${end}\n`))
        .then(
          () => undefined,
          () => undefined,
        )
    },
    has: () => extents.reduce((sum, { start, end }) => sum + end - start, 0),
    verify: async () => {
      const expected = file.sha256 ?? file.oid
      const got = await digest.finish()
      return got === expected ? null : { expected, got }
    },
    close: async () => {
      await digest.close()
      await noted
      await journal.close()
      await handle.close()
    },
  }
}

/** Writes all of it, whatever one call writes, and returns where it ends. */
async function writeAll(handle: FileHandle, chunks: readonly Uint8Array[], start: number): Promise<number> {
  const end = start + chunks.reduce((sum, { length }) => sum + length, 0)
  let { bytesWritten } = await handle.writev([...chunks], start)
  if (start + bytesWritten === end) return end
  // Near a full disk one call writes a part, and the next says why.
  const rest = Buffer.concat(chunks)
  while (start + bytesWritten < end) {
    bytesWritten += (await handle.write(rest, bytesWritten, rest.length - bytesWritten, start + bytesWritten))
      .bytesWritten
  }
  return end
}

/** The pieces of a log; null when there is none, or it is of another size. A line that was cut is left out. */
async function readLog(path: string, size: number): Promise<Extent[] | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (text === null) return null
  const [header, ...lines] = text.split('\n').slice(0, -1)
  if (header !== `ranges 1 ${size}`) return null
  const extents: Extent[] = []
  for (const line of lines) {
    const found = /^(\d+) (\d+)$/.exec(line)
    if (!found) continue
    const extent = { start: Number(found[1]), end: Number(found[2]) }
    if (extent.start < extent.end && extent.end <= size) addExtent(extents, extent)
  }
  return extents
}

/** Keeps the list in order and without overlaps. */
export function addExtent(extents: Extent[], added: Extent): void {
  const merged = { ...added }
  const kept = extents.filter(({ start, end }) => {
    if (end < merged.start || start > merged.end) return true
    merged.start = Math.min(start, merged.start)
    merged.end = Math.max(end, merged.end)
    return false
  })
  kept.push(merged)
  kept.sort((a, b) => a.start - b.start)
  extents.splice(0, extents.length, ...kept)
}

function gapsOf(extents: readonly Extent[], size: number): Extent[] {
  const gaps: Extent[] = []
  let at = 0
  for (const { start, end } of extents) {
    if (start > at) gaps.push({ start: at, end: start })
    at = end
  }
  if (at < size) gaps.push({ start: at, end: size })
  return gaps
}
