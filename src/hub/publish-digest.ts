import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { UserError } from '../user-error.ts'

/** A text, or a file of this machine. */
export type PublishSource = string | { file: string }

/** A file as Git and as LFS name it. */
export interface Digest {
  size: number
  gitOid: string
  sha256: string
}

/** Reads a file once for both names. Throws UserError when a file that is small enough to be a text holds the token. */
export async function digestOf({
  content,
  forbidden,
  searched,
  path,
}: {
  content: PublishSource
  forbidden: string
  /** Bytes up to which a file is searched. */
  searched: number
  path: string
}): Promise<Digest> {
  const size = typeof content === 'string' ? Buffer.byteLength(content) : (await stat(content.file)).size
  if (size <= searched) {
    const bytes = typeof content === 'string' ? Buffer.from(content) : await readFile(content.file)
    if (bytes.includes(forbidden)) {
      throw new UserError(`Nothing was published: \`${path}\` holds the Hub token.`, 'Take it out, and publish again.')
    }
  }
  const git = createHash('sha1').update(`blob ${size}\0`)
  const sha256 = createHash('sha256')
  const chunks = typeof content === 'string' ? [Buffer.from(content)] : createReadStream(content.file)
  for await (const chunk of chunks) {
    git.update(chunk as Buffer)
    sha256.update(chunk as Buffer)
  }
  return { size, gitOid: git.digest('hex'), sha256: sha256.digest('hex') }
}
