import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { RemoteFile } from './repository.ts'

/** The digest of a file's content, computed while the file comes. */
export interface FollowingDigest {
  /** Bytes came. In order, they are digested while they are in the processor's cache: half the cost of reading again. */
  came: (start: number, chunk: Uint8Array) => void
  /** Of the whole file, in hex; what came out of order, or was there before, is read back. */
  finish: () => Promise<string>
}

const READ_SIZE = 1024 * 1024

/** Follows a file that is being downloaded to `path`, and names it as Git (small files) or LFS does. */
export function followDigest({ path, file }: { path: string; file: RemoteFile }): FollowingDigest {
  const hash = file.sha256 === null ? createHash('sha1').update(`blob ${file.size}\0`) : createHash('sha256')
  let at = 0
  return {
    came: (start, chunk) => {
      if (start !== at) return
      hash.update(chunk)
      at += chunk.length
    },
    finish: async () => {
      if (at < file.size) {
        const rest = createReadStream(path, { start: at, end: file.size - 1, highWaterMark: READ_SIZE })
        for await (const chunk of rest) hash.update(chunk as Buffer)
      }
      return hash.digest('hex')
    },
  }
}
