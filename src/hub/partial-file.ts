import { createHash, type Hash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { removeFiles } from './cache.ts'
import type { RemoteFile } from './repository.ts'

/** From `start` up to and without `end`, in bytes. */
export interface Extent {
  start: number
  end: number
}

/** A file that is being downloaded, in any order, and remembers across a kill -9 which bytes it has. */
export interface PartialFile {
  /** What is still to be fetched, in order. */
  missing: (longest: number) => Extent[]
  /** Writes bytes in their place, and remembers them. */
  write: (start: number, bytes: Uint8Array) => Promise<void>
  /** Bytes that are there. */
  has: () => number
  /** Null when the content is what the tree says; else the two digests. */
  verify: () => Promise<{ expected: string; got: string } | null>
  close: () => Promise<void>
}

const READ_SIZE = 1024 * 1024

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
  const digest = followingDigest({ handle, file, extents })

  return {
    missing: (longest) => gapsOf(extents, file.size).flatMap((gap) => cutUp(gap, longest)),
    write: async (start, bytes) => {
      await handle.write(bytes, 0, bytes.length, start)
      const extent = { start, end: start + bytes.length }
      digest.wrote(extent, bytes)
      addExtent(extents, extent)
      await journal.write(`${extent.start} ${extent.end}\n`)
    },
    has: () => extents.reduce((sum, { start, end }) => sum + end - start, 0),
    verify: async () => {
      const expected = file.sha256 ?? file.oid
      const got = await digest.finish()
      return got === expected ? null : { expected, got }
    },
    close: async () => {
      await journal.close()
      await handle.close()
    },
  }
}

/**
 * The digest of the content, computed on the way: what is written right behind what was digested costs no reading, and
 * the rest is read back while it is still in memory.
 */
function followingDigest({ handle, file, extents }: { handle: FileHandle; file: RemoteFile; extents: Extent[] }) {
  const hash: Hash = file.sha256 === null ? createHash('sha1').update(`blob ${file.size}\0`) : createHash('sha256')
  let digested = 0
  return {
    wrote: ({ start, end }: Extent, bytes: Uint8Array) => {
      if (start !== digested) return
      hash.update(bytes)
      digested = end
    },
    finish: async () => {
      const buffer = Buffer.allocUnsafe(READ_SIZE)
      const end = extents[0]?.start === 0 ? extents[0].end : 0
      while (digested < end) {
        const { bytesRead } = await handle.read(buffer, 0, Math.min(READ_SIZE, end - digested), digested)
        if (bytesRead === 0) break
        hash.update(buffer.subarray(0, bytesRead))
        digested += bytesRead
      }
      return hash.digest('hex')
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

function cutUp({ start, end }: Extent, longest: number): Extent[] {
  const pieces: Extent[] = []
  for (let at = start; at < end; at += longest) pieces.push({ start: at, end: Math.min(end, at + longest) })
  return pieces
}
