import { Worker } from 'node:worker_threads'
import type { RemoteFile } from './repository.ts'

/** Writes a file that is being downloaded, in a thread: the connection is not kept waiting by disk and digest. */
export interface FileWriter {
  /** Writes chunks from byte `start` on. They are handed over: nobody else can read them any more. */
  write: (start: number, chunks: readonly Uint8Array[]) => Promise<void>
  /** The digest of the whole file, in hex, as Git (small files) or LFS names it. */
  digest: () => Promise<string>
  close: () => Promise<void>
}

/** Node cuts small buffers out of one of this size, which must stay where it is. */
const POOL = 8192

interface Said {
  id: number
  digest?: string | null
  error?: { message: string; code: string | null }
}

/** Opens a writer for the file at `path`, which exists. Its promises throw what the disk says, with its `code`. */
export function openFileWriter({ path, file }: { path: string; file: RemoteFile }): FileWriter {
  const isGit = file.sha256 === null
  const workerData = {
    path,
    algorithm: isGit ? 'sha1' : 'sha256',
    before: isGit ? `blob ${file.size}\0` : '',
  }
  const worker = new Worker(new URL('./writing-thread.mjs', import.meta.url), { workerData, execArgv: [] })
  const waiting = new Map<number, { resolve: (said: Said) => void; reject: (error: Error) => void }>()
  let asked = 0
  let ended: Error | null = null
  worker.on('message', (said: Said) => {
    const { id, error } = said
    if (error) waiting.get(id)?.reject(Object.assign(new Error(error.message), { code: error.code }))
    else waiting.get(id)?.resolve(said)
    waiting.delete(id)
  })
  const end = (error: Error) => {
    ended ??= error
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  worker.on('error', end)
  worker.on('exit', () => end(new Error(`The thread that writes ${path} has ended`)))

  const ask = (question: object, handedOver: ArrayBuffer[] = []): Promise<Said> =>
    new Promise((resolve, reject) => {
      if (ended) {
        reject(ended)
        return
      }
      const id = asked++
      waiting.set(id, { resolve, reject })
      worker.postMessage({ id, ...question }, handedOver)
    })
  return {
    write: async (start, chunks) => {
      const buffers = chunks.map(({ buffer }) => buffer).filter((buffer) => buffer.byteLength > POOL)
      await ask({ start, chunks }, [...new Set(buffers as ArrayBuffer[])])
    },
    digest: async () => (await ask({ size: file.size })).digest ?? '',
    close: async () => {
      await worker.terminate()
    },
  }
}
