// A thread that writes what a download brings, and digests it on the way: see file-writer.ts. Plain JavaScript, so that it
// is there at once.
import { createHash } from 'node:crypto'
import { openSync, readSync, writeSync, writevSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** @type {{ path: string, algorithm: string, before: string }} */
const { path, algorithm, before } = workerData
const READ_SIZE = 1024 * 1024
const hash = createHash(algorithm).update(before)
const file = openSync(path, 'r+')
let digested = 0

parentPort?.on('message', (/** @type {{ id: number, start: number, chunks?: Uint8Array[], size: number }} */ asked) => {
  const { id, start, chunks, size } = asked
  try {
    if (chunks) write(start, chunks)
    parentPort?.postMessage({ id, digest: chunks ? null : digestUpTo(size) })
  } catch (error) {
    const { message, code = null } = /** @type {NodeJS.ErrnoException} */ (error)
    parentPort?.postMessage({ id, error: { message, code } })
  }
})

/** @type {(start: number, chunks: Uint8Array[]) => void} */
function write(start, chunks) {
  const end = start + chunks.reduce((sum, { length }) => sum + length, 0)
  let at = start + writevSync(file, chunks, start)
  // Near a full disk one call writes a part, and the next says why.
  const rest = at < end ? Buffer.concat(chunks) : Buffer.alloc(0)
  while (at < end) at += writeSync(file, rest, at - start, end - at, at)
  if (start !== digested) return
  for (const chunk of chunks) hash.update(chunk)
  digested = end
}

/** What came out of order, or was there before, is read back. @type {(size: number) => string} */
function digestUpTo(size) {
  const buffer = new Uint8Array(READ_SIZE)
  while (digested < size) {
    const read = readSync(file, buffer, 0, Math.min(READ_SIZE, size - digested), digested)
    if (read === 0) throw new Error(`${path} is shorter than it was`)
    hash.update(buffer.subarray(0, read))
    digested += read
  }
  return hash.digest('hex')
}
