import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { readSafetensors, writeSafetensors } from '../../src/engine/safetensors.ts'
import { UserError } from '../../src/user-error.ts'
import { testFolder } from './folder.ts'
import { goldenFile, vectors } from './golden.ts'

const folder = testFolder()
const weight = (shape: number[], first = 0) => {
  const n = shape.reduce((product, size) => product * size, 1)
  return { shape, data: Float32Array.from({ length: n }, (_, i) => first + i / 8) }
}

/** A file as other programs write it: any dtype, a header of any length. */
function writeRaw(
  name: string,
  tensors: Record<string, { dtype: string; shape: number[]; bytes: Uint8Array }>,
): string {
  let offset = 0
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } }
  for (const [key, { dtype, shape, bytes }] of Object.entries(tensors)) {
    header[key] = { dtype, shape, data_offsets: [offset, (offset += bytes.length)] }
  }
  const json = Buffer.from(JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  const path = join(folder, name)
  writeFileSync(path, Buffer.concat([length, json, ...Object.values(tensors).map(({ bytes }) => bytes)]))
  return path
}
const bytesOf = (view: Uint16Array | Float32Array | BigInt64Array) => new Uint8Array(view.buffer)

test('the header is that of transformers, byte for byte', async () => {
  const path = join(folder, 'golden.safetensors')
  const tensors = new Map(Object.entries(vectors.shapes).map(([name, shape]) => [name, weight(shape)]))
  await writeSafetensors({ path, tensors })
  const file = readFileSync(path)
  const length = Number(file.readBigUInt64LE())
  expect(file.subarray(8, 8 + length).toString()).toBe(goldenFile('safetensors-header.txt'))
  expect((8 + length) % 8).toBe(0)
})

test('what was written is read', async () => {
  const path = join(folder, 'own.safetensors')
  const tensors = new Map([
    ['b', weight([2, 3])],
    ['a', weight([], 7)],
    ['empty', weight([0, 4])],
  ])
  await writeSafetensors({ path, tensors })
  const read = await readSafetensors({ path })
  expect([...read.keys()]).toEqual(['a', 'b', 'empty'])
  expect(read.get('b')).toEqual(tensors.get('b'))
  expect(read.get('a')).toEqual({ shape: [], data: Float32Array.of(7) })
})

test('F16 and BF16 become float32, whole numbers are passed over, offsets need not be aligned', async () => {
  const path = writeRaw('mixed.safetensors', {
    position_ids: { dtype: 'I64', shape: [1], bytes: bytesOf(BigInt64Array.of(5n)) },
    odd: { dtype: 'U8', shape: [1], bytes: Uint8Array.of(1) },
    half: {
      dtype: 'F16',
      shape: [8],
      bytes: bytesOf(Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x0001, 0x0400, 0x7c00, 0x8000, 0x3555)),
    },
    brain: { dtype: 'BF16', shape: [3], bytes: bytesOf(Uint16Array.of(0x3f80, 0xc049, 0x0001)) },
    whole: { dtype: 'F32', shape: [2], bytes: bytesOf(Float32Array.of(0.1, -2)) },
  })
  const read = await readSafetensors({ path })
  expect([...read.keys()]).toEqual(['half', 'brain', 'whole'])
  expect([...(read.get('half')?.data ?? [])]).toEqual([1, -2, 65504, 2 ** -24, 2 ** -14, Infinity, -0, 0.333251953125])
  expect([...(read.get('brain')?.data ?? [])]).toEqual([1, -3.140625, 2 ** -133])
  expect(read.get('whole')?.data).toEqual(Float32Array.of(0.1, -2))
})

test('a sharded checkpoint is read through its index', async () => {
  await writeSafetensors({ path: join(folder, 'model-1.safetensors'), tensors: new Map([['a', weight([2])]]) })
  await writeSafetensors({ path: join(folder, 'model-2.safetensors'), tensors: new Map([['b', weight([3])]]) })
  const path = join(folder, 'model.safetensors.index.json')
  writeFileSync(path, JSON.stringify({ weight_map: { a: 'model-1.safetensors', b: 'model-2.safetensors' } }))
  expect([...(await readSafetensors({ path })).keys()]).toEqual(['a', 'b'])

  writeFileSync(path, JSON.stringify({ weight_map: { a: '../../etc/passwd' } }))
  await expect(readSafetensors({ path })).rejects.toThrow(/outside of its folder/)
})

test.each([
  ['cut short', 200, /should have at least \d+ bytes and has 200/],
  ['cut within the header', 40, /its header should have \d+ bytes and the file has 40/],
  ['empty', 0, /it has 0 bytes/],
])('a file that is %s is refused', async (_what, size, message) => {
  const path = join(folder, 'torn.safetensors')
  await writeSafetensors({ path, tensors: new Map([['weight', weight([64])]]) })
  truncateSync(path, size)
  const reading = readSafetensors({ path })
  await expect(reading).rejects.toThrow(UserError)
  await expect(reading).rejects.toThrow(message)
})

test.each([
  ['null', /another form/],
  ['nonsense', /not JSON/],
  ['{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}', /`a` should have 8 bytes and has 4/],
  ['{"a":{"dtype":"F8_E4M3","shape":[2],"data_offsets":[0,2]}}', /as F8_E4M3/],
])('a header of %s is refused', async (json, message) => {
  const path = join(folder, 'odd.safetensors')
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(json.length))
  writeFileSync(path, Buffer.concat([length, Buffer.from(json), Buffer.alloc(16)]))
  const reading = readSafetensors({ path })
  await expect(reading).rejects.toThrow(UserError)
  await expect(reading).rejects.toThrow(message)
})

test('the built-in encoder is float16 on disk and float32 in memory', async () => {
  const weights = await readSafetensors({ path: join(ENCODER_FOLDER, 'model.safetensors') })
  const words = weights.get('distilbert.embeddings.word_embeddings.weight')
  expect(words?.data).toHaveLength((words?.shape[0] ?? 0) * (words?.shape[1] ?? 0))
  expect(words?.data.every(Number.isFinite)).toBe(true)
})
