import { open, readFile, type FileHandle } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import { UserError } from '../user-error.ts'
import { writePieces } from './whole-folder.ts'

/** A named tensor: row-major, float32. */
export interface Weight {
  shape: readonly number[]
  data: Float32Array
}

const Entry = z.object({
  dtype: z.string(),
  shape: z.array(z.int().min(0)),
  data_offsets: z.tuple([z.int().min(0), z.int().min(0)]),
})
type Entry = z.infer<typeof Entry>
const Header = z.record(z.string(), Entry)
const Index = z.object({ weight_map: z.record(z.string(), z.string()) })

/** Bytes of a value, and how it becomes a float32. */
const DTYPES: Readonly<Record<string, { bytes: number; read: (bytes: Uint8Array) => Float32Array }>> = {
  F32: { bytes: 4, read: (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4) },
  F16: { bytes: 2, read: float16 },
  BF16: { bytes: 2, read: bfloat16 },
}
/** Counters such as `position_ids`, which old checkpoints hold and no model learns. */
const INTEGERS = new Set(['I64', 'I32', 'I16', 'I8', 'U8', 'BOOL'])
/** Tensors that are read beside each other: as many as Node has threads for files. */
const AT_ONCE = 4
const LONGEST_HEADER = 100_000_000

/**
 * Every float tensor of a safetensors file, or of all the files that a `*.safetensors.index.json` names.
 * F16 and BF16 become float32; whole-number tensors are passed over. Throws UserError when the file is not whole.
 */
export async function readSafetensors({
  path,
  signal = new AbortController().signal,
}: {
  path: string
  /** Ends it between two tensors. */
  signal?: AbortSignal
}): Promise<Map<string, Weight>> {
  if (!path.endsWith('.index.json')) return readFileOfTensors(path, signal)
  const index = Index.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!index.success) throw broken(path, 'it has no `weight_map`')
  const weights = new Map<string, Weight>()
  for (const file of [...new Set(Object.values(index.data.weight_map))].sort()) {
    if (basename(file) !== file) throw broken(path, `it names a file outside of its folder (\`${file}\`)`)
    for (const [name, weight] of await readFileOfTensors(join(dirname(path), file), signal)) weights.set(name, weight)
  }
  const missing = Object.keys(index.data.weight_map).filter((name) => !weights.has(name))
  // Tensors of whole numbers are in the map too; the models say themselves which weights they miss.
  if (missing.length === Object.keys(index.data.weight_map).length)
    throw broken(path, 'its files hold none of its tensors')
  return weights
}

async function readFileOfTensors(path: string, signal: AbortSignal): Promise<Map<string, Weight>> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { header, start } = await readHeader(file, path, size)
    const weights = new Map<string, Weight>()
    const entries = Object.entries(header).filter(([, { dtype }]) => !INTEGERS.has(dtype))
    for (let i = 0; i < entries.length; i += AT_ONCE) {
      signal.throwIfAborted()
      const some = entries.slice(i, i + AT_ONCE)
      const read = await Promise.all(some.map(([name, entry]) => readTensor({ file, path, name, entry, start, size })))
      some.forEach(([name], j) => weights.set(name, read[j] as Weight))
    }
    return weights
  } finally {
    await file.close()
  }
}

async function readHeader(file: FileHandle, path: string, size: number) {
  if (size < 8) throw broken(path, `it has ${size} bytes`)
  const length = Number((await readBytes(file, 0, 8)).readBigUInt64LE())
  if (length > LONGEST_HEADER || 8 + length > size) {
    throw broken(path, `its header should have ${length} bytes and the file has ${size}`)
  }
  const text = (await readBytes(file, 8, length)).toString('utf8')
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw broken(path, 'its header is not JSON')
  }
  if (value !== null && typeof value === 'object') delete (value as Record<string, unknown>).__metadata__
  const header = Header.safeParse(value)
  if (!header.success) throw broken(path, `its header has another form: ${z.prettifyError(header.error)}`)
  return { header: header.data, start: 8 + length }
}

async function readTensor(from: {
  file: FileHandle
  path: string
  name: string
  entry: Entry
  start: number
  size: number
}): Promise<Weight> {
  const { file, path, name, entry, start, size } = from
  const dtype = DTYPES[entry.dtype]
  if (!dtype) {
    throw new UserError(
      `${basename(path)} holds \`${name}\` as ${entry.dtype}; F32, F16 and BF16 can be read.`,
      'Save the model with dtype float32.',
      'model-unreadable',
    )
  }
  const [begin, end] = entry.data_offsets
  const count = entry.shape.reduce((product, dimension) => product * dimension, 1)
  if (end - begin !== count * dtype.bytes) {
    throw broken(path, `\`${name}\` should have ${count * dtype.bytes} bytes and has ${end - begin}`)
  }
  if (start + end > size) throw broken(path, `it should have at least ${start + end} bytes and has ${size}`)
  // A copy of its own: aligned, and the file's other tensors can be let go.
  return { shape: entry.shape, data: dtype.read(await readBytes(file, start + begin, end - begin)) }
}

/**
 * Writes float32 tensors byte for byte as transformers does: `__metadata__` first, names sorted, offsets from 0 without
 * gaps, the header padded with spaces to a multiple of 8. The data are on disk when it resolves.
 */
export async function writeSafetensors({
  path,
  tensors,
  metadata = { format: 'pt' },
}: {
  path: string
  tensors: ReadonlyMap<string, Weight>
  metadata?: Readonly<Record<string, string>>
}): Promise<void> {
  const sorted = [...tensors].sort(([a], [b]) => (a < b ? -1 : 1))
  let offset = 0
  const entries = sorted.map(([name, { shape, data }]) => {
    const begin = offset
    offset += data.byteLength
    return [name, { dtype: 'F32', shape, data_offsets: [begin, offset] }] as const
  })
  const json = Buffer.from(JSON.stringify({ __metadata__: metadata, ...Object.fromEntries(entries) }))
  const header = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, ' ')
  header.writeBigUInt64LE(BigInt(header.length - 8))
  json.copy(header, 8)

  await writePieces(path, [
    header,
    ...sorted.map(([, { data }]) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)),
  ])
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.from(new ArrayBuffer(length))
  let filled = 0
  // One read gives at most 2 GiB.
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, Math.min(length - filled, 2 ** 30), position + filled)
    if (bytesRead === 0) throw new Error(`The file ended at byte ${position + filled}, ${length - filled} bytes early`)
    filled += bytesRead
  }
  return bytes
}

function words(bytes: Uint8Array): Uint16Array {
  return new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2)
}

/** Through a table of all 65536 values: 6.4 M weights in 20 ms instead of a second. */
function float16(bytes: Uint8Array): Float32Array {
  table ??= Float32Array.from({ length: 2 ** 16 }, (_, word) => float16Value(word))
  const halves = words(bytes)
  const floats = new Float32Array(halves.length)
  for (let i = 0; i < halves.length; i++) floats[i] = table[halves[i] ?? 0] ?? 0
  return floats
}
let table: Float32Array | null = null

function float16Value(word: number): number {
  const sign = word & 0x8000 ? -1 : 1
  const exponent = (word >> 10) & 0x1f
  const fraction = word & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 31) return fraction ? NaN : sign * Infinity
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** BF16 is the upper half of a float32. */
function bfloat16(bytes: Uint8Array): Float32Array {
  const halves = words(bytes)
  const whole = new Uint32Array(halves.length)
  for (let i = 0; i < halves.length; i++) whole[i] = (halves[i] ?? 0) << 16
  return new Float32Array(whole.buffer)
}

function broken(path: string, why: string): UserError {
  return new UserError(
    `${basename(path)} is not a whole safetensors file: ${why}.`,
    'Copy or download it again; the folder it came from tells the size it should have.',
    'model-unreadable',
  )
}
