import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'

/** What a file of a repository is made from: text, bytes, or a file of this machine. */
export type Source = string | Uint8Array | { file: string }

/** A file's content as Git and LFS know it. */
export interface Content {
  size: number
  /** SHA-1 of `blob <size>\0<content>` */
  gitOid: string
  sha256: string
  /** `end` is exclusive. */
  read: (start: number, end: number) => Readable
}

/** Files that the Hub keeps in LFS, whatever their size. */
const LARGE = /\.(safetensors|parquet|bin|onnx|onnx_data|pt|h5|msgpack|arrow|gz|zip)$/
const LARGE_FROM = 10 * 1024 * 1024
const READ_SIZE = 1024 * 1024

export function isLarge(path: string, size: number): boolean {
  return LARGE.test(path) || size >= LARGE_FROM
}

export async function contentOf(source: Source): Promise<Content> {
  if (typeof source === 'object' && 'file' in source) return contentOfFile(source.file)
  const bytes = Buffer.from(source as Uint8Array)
  return {
    size: bytes.length,
    gitOid: gitOidOf(bytes),
    sha256: createHash('sha256').update(bytes).digest('hex'),
    read: (start, end) => Readable.from([bytes.subarray(start, end)], { objectMode: false }),
  }
}

async function contentOfFile(path: string): Promise<Content> {
  const { size } = await stat(path)
  const sha256 = createHash('sha256')
  const git = createHash('sha1').update(`blob ${size}\0`)
  for await (const chunk of createReadStream(path, { highWaterMark: READ_SIZE })) {
    sha256.update(chunk as Buffer)
    git.update(chunk as Buffer)
  }
  return {
    size,
    gitOid: git.digest('hex'),
    sha256: sha256.digest('hex'),
    read: (start, end) => readFileRange(path, start, end),
  }
}

function readFileRange(path: string, start: number, end: number): Readable {
  if (end <= start) return Readable.from([])
  return createReadStream(path, { start, end: end - 1, highWaterMark: READ_SIZE })
}

export function gitOidOf(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex')
}

/** The small file that Git has in place of a large one; its SHA-1 is the entry's `oid`. */
export function pointerOf({ sha256, size }: { sha256: string; size: number }): Buffer {
  return Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${size}\n`)
}

export async function textOf(content: Content): Promise<string> {
  return (await bytesOf(content)).toString('utf8')
}

export async function bytesOf(content: Content, start = 0, end = content.size): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of content.read(start, end)) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
