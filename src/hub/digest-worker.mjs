// A thread that digests a file while it grows: see following-digest.ts. Plain JavaScript, so that it is there at once.
import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { parentPort, workerData } from 'node:worker_threads'

/** @type {{ path: string, algorithm: string, before: string }} */
const { path, algorithm, before } = workerData
const READ_SIZE = 1024 * 1024
const hash = createHash(algorithm).update(before)
const buffer = new Uint8Array(READ_SIZE)
const file = openSync(path, 'r')
let at = 0

parentPort?.on('message', (/** @type {{ upTo: number, isAll: boolean }} */ { upTo, isAll }) => {
  while (at < upTo) {
    const read = readSync(file, buffer, 0, Math.min(READ_SIZE, upTo - at), at)
    if (read === 0) throw new Error(`${path} became shorter while it was digested`)
    hash.update(buffer.subarray(0, read))
    at += read
  }
  if (!isAll) return
  closeSync(file)
  parentPort?.postMessage(hash.digest('hex'))
  parentPort?.close()
})
