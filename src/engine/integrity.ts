import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { z } from 'zod'
import { INTEGRITY } from '../run/run-file.ts'
import { writeText } from './whole-folder.ts'

/** Lists every file of a folder with size and SHA-256; written last, so what it lists was there, whole. */
const MANIFEST = INTEGRITY

const Manifest = z.object({
  version: z.literal(1),
  files: z.record(z.string(), z.object({ bytes: z.int().min(0), sha256: z.string() })),
})

/** Writes the manifest of what the folder holds. */
export async function writeManifest(folder: string): Promise<void> {
  const files: Record<string, { bytes: number; sha256: string }> = {}
  for (const file of (await readdir(folder)).sort()) files[file] = await fingerprint(join(folder, file))
  await writeText(join(folder, MANIFEST), `${JSON.stringify({ version: 1, files }, null, 2)}\n`)
}

/** Why a folder is not what was written, or null when it is; `required` must be among its files. */
export async function damage(folder: string, required: readonly string[]): Promise<string | null> {
  const text = await readFile(join(folder, MANIFEST), 'utf8').catch(() => null)
  if (text === null) return `it has no ${MANIFEST}, so writing it was not finished`
  const manifest = Manifest.safeParse(jsonOrNull(text))
  if (!manifest.success) return `its ${MANIFEST} is damaged`
  const { files } = manifest.data
  const unlisted = required.find((file) => !files[file])
  if (unlisted) return `its ${MANIFEST} does not list ${unlisted}`

  // Sizes first: a torn copy is told without reading gigabytes.
  const sizes = await Promise.all(Object.keys(files).map((file) => sizeOf(join(folder, basename(file)))))
  for (const [i, [file, written]] of Object.entries(files).entries()) {
    const size = sizes[i] ?? null
    if (size === null) return `${file} is missing`
    if (size !== written.bytes) return `${file} has ${size} bytes and was written with ${written.bytes}`
  }
  for (const [file, written] of Object.entries(files)) {
    const now = await fingerprint(join(folder, basename(file)))
    if (now.sha256 !== written.sha256) return `${file} is not what was written (its SHA-256 differs)`
  }
  return null
}

async function fingerprint(path: string): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash('sha256')
  const file = createReadStream(path, { highWaterMark: 2 ** 20 })
  await pipeline(file, hash)
  return { bytes: file.bytesRead, sha256: hash.digest('hex') }
}

async function sizeOf(path: string): Promise<number | null> {
  return stat(path).then(
    ({ size }) => size,
    () => null,
  )
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
