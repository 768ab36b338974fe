import { open, readFile, stat } from 'node:fs/promises'
import { removeFiles } from './cache.ts'
import { openFileWriter } from './file-writer.ts'
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
  /** Writes bytes in their place, and remembers them. The chunks are handed over: nobody else can read them any more. */
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
  await (await open(data, 'a', 0o644)).close()
  const onDisk = (await stat(data)).size
  const extents: Extent[] = (known ?? []).filter(({ end }) => end <= onDisk)
  const journal = await open(log, 'a')
  if (known === null) await journal.write(`ranges 1 ${file.size}\n`)
  const writer = openFileWriter({ path: data, file })

  let noted: Promise<void> = Promise.resolve()
  return {
    missing: () => gapsOf(extents, file.size),
    write: async (start, chunks) => {
      const end = start + chunks.reduce((sum, { length }) => sum + length, 0)
      await writer.write(start, chunks)
      addExtent(extents, { start, end })
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
      const got = await writer.digest()
      return got === expected ? null : { expected, got }
    },
    close: async () => {
      await writer.close()
      await noted
      await journal.close()
    },
  }
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
