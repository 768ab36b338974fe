import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createReadStream } from 'node:fs'
import { Worker } from 'node:worker_threads'
import type { RemoteFile } from './repository.ts'

/** The digest of a file's content. */
export interface FollowingDigest {
  /** The file is there from its start up to this byte. */
  reached: (upTo: number) => void
  /** Of the whole file, in hex. */
  finish: () => Promise<string>
  close: () => Promise<void>
}

/** A file up to this size is digested when it is whole. A larger one is followed by a thread, which costs 15 ms to start. */
const SMALL = 32 * 1024 * 1024

/** Follows a file that is being downloaded to `path`, and names it as Git (small files) or LFS does. */
export function followDigest({ path, file }: { path: string; file: RemoteFile }): FollowingDigest {
  const isGit = file.sha256 === null
  const [algorithm, before] = isGit ? ['sha1', `blob ${file.size}\0`] : ['sha256', '']
  if (file.size <= SMALL) {
    return {
      reached: () => undefined,
      finish: async () => {
        const hash = createHash(algorithm).update(before)
        if (file.size > 0) for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer)
        return hash.digest('hex')
      },
      close: () => Promise.resolve(),
    }
  }

  const workerData = { path, algorithm, before }
  const worker = new Worker(new URL('digest-worker.mjs', import.meta.url), { workerData, execArgv: [] })
  const failed = once(worker, 'error').then(([error]) => {
    throw error as Error
  })
  // It is thrown where the digest is awaited.
  failed.catch(() => undefined)
  return {
    reached: (upTo) => {
      worker.postMessage({ upTo, isAll: false })
    },
    finish: async () => {
      const digested = once(worker, 'message') as Promise<[string]>
      worker.postMessage({ upTo: file.size, isAll: true })
      return (await Promise.race([digested, failed]))[0]
    },
    close: async () => {
      await worker.terminate()
    },
  }
}
