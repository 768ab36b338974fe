import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../../src/builtin/known.ts'
import { collate } from '../../../src/engine/data/batches.ts'
import { tokenize } from '../../../src/engine/data/tokenize.ts'
import { testFolder } from '../folder.ts'
import { goldenFolder, vectors } from '../golden.ts'

const problem = { type: 'single_label_classification', labels: ['a', 'b'] } as const
const rowsOf = (texts: readonly string[]) => texts.map((text, i) => ({ id: String(i), text, label: i % 2 }))
const idsOf = (examples: readonly { ids: Int32Array }[]) => examples.map(({ ids }) => [...ids])

describe('tokenize', () => {
  const { texts } = vectors

  test.each(['wordpiece', 'bpe'] as const)(
    'gives the ids of transformers, cut with the special tokens kept: %s',
    async (kind) => {
      const { ids, lengths, max_length } = vectors.tokens[kind]
      const { examples, fullLengths } = await tokenize({
        rows: rowsOf(texts),
        folder: join(goldenFolder, kind),
        max_length,
      })
      expect(idsOf(examples)).toEqual(ids)
      expect(examples.map(({ label }) => label)).toEqual(texts.map((_, i) => i % 2))
      lengths.forEach((length, i) => {
        if (length <= max_length) expect(fullLengths[i]).toBe(length)
        else expect(fullLengths[i]).toBeGreaterThan(max_length)
      })
    },
  )

  test('reads only the beginning of a long text, and gives the same ids', async () => {
    const words = texts.join(' ').split(' ')
    const long = Array.from({ length: 30 }, (_, i) =>
      Array.from({ length: 400 }, (_, j) => words[(i * 7 + j * j) % words.length]).join(' '),
    )
    const short = await tokenize({ rows: rowsOf(long), folder: ENCODER_FOLDER, max_length: 32 })
    const whole = await tokenize({ rows: rowsOf(long), folder: ENCODER_FOLDER, max_length: 8192 })
    const cls = whole.examples[0]?.ids[0] ?? 0
    const sep = whole.examples[0]?.ids.at(-1) ?? 0
    expect(idsOf(short.examples)).toEqual(idsOf(whole.examples).map((ids) => [cls, ...ids.slice(1, 31), sep]))
    short.fullLengths.forEach((length, i) => {
      expect(length).toBeGreaterThan(32)
      // An estimate from the first words of a text whose later words are longer.
      expect(length / (whole.fullLengths[i] ?? 0)).toBeGreaterThan(0.3)
      expect(length / (whole.fullLengths[i] ?? 0)).toBeLessThan(3)
    })
  })

  test('a text of spaces or of one endless word ends', async () => {
    const texts = [' '.repeat(100_000), 'x'.repeat(100_000), '\u65e5'.repeat(10_000)]
    const { examples, fullLengths } = await tokenize({ rows: rowsOf(texts), folder: ENCODER_FOLDER, max_length: 16 })
    expect(examples.map(({ ids }) => ids.length)).toEqual([2, 3, 16])
    expect([...fullLengths]).toEqual([2, 3, 10_002])
  })

  test('tells how far it has come, and stops when asked', async () => {
    const rows = rowsOf(Array.from({ length: 100 }, () => 'some words'))
    const told: number[] = []
    await tokenize({ rows, folder: ENCODER_FOLDER, max_length: 8, progress: (done) => told.push(done) })
    expect(told[0]).toBe(0)
    expect(told.at(-1)).toBe(100)
    expect(told.length).toBeGreaterThan(2)
    const stopped = tokenize({ rows, folder: ENCODER_FOLDER, max_length: 8, signal: AbortSignal.abort() })
    await expect(stopped).rejects.toThrow(/abort/i)
  })

  test('max_length must leave room for text', async () => {
    const tokenizing = tokenize({ rows: rowsOf(['a']), folder: ENCODER_FOLDER, max_length: 2 })
    await expect(tokenizing).rejects.toThrow(/leaves no room for text beside 2 special tokens/)
  })

  const models = testFolder()
  test.each<[string, (folder: string) => void, RegExp]>([
    [
      'none',
      (folder) => cpSync(join(ENCODER_FOLDER, 'config.json'), join(folder, 'config.json')),
      /has no tokenizer\.json/,
    ],
    ['broken', (folder) => writeFileSync(join(folder, 'tokenizer.json'), '{'), /tokenizer\.json is not JSON/],
    [
      'unknown',
      (folder) => writeFileSync(join(folder, 'tokenizer.json'), '{"model":{"type":"Magic"}}'),
      /of a kind that cannot be read/,
    ],
  ])('a model whose tokenizer is %s is refused', async (name, make, message) => {
    const folder = join(models, name)
    mkdirSync(folder)
    make(folder)
    await expect(tokenize({ rows: rowsOf(['a']), folder, max_length: 8 })).rejects.toThrow(message)
  })
})

describe('collate', () => {
  const examples = [
    { ids: Int32Array.of(2, 7, 3), label: 1 },
    { ids: Int32Array.of(2, 7, 8, 9, 3), label: 0 },
  ]
  test('pads to the longest row', () => {
    expect(collate({ examples, problem, pad_token_id: 9, pad_to_multiple_of: null })).toEqual({
      ids: Int32Array.of(2, 7, 3, 9, 9, 2, 7, 8, 9, 3),
      mask: Int32Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1),
      labels: Int32Array.of(1, 0),
      size: 2,
      length: 5,
    })
  })
  test('and up to a multiple, as transformers', async () => {
    const { examples } = await tokenize({
      rows: rowsOf(vectors.texts.slice(0, 3)),
      folder: join(goldenFolder, 'wordpiece'),
      max_length: 64,
    })
    const { ids, length, size } = collate({ examples, problem, pad_token_id: 0, pad_to_multiple_of: 8 })
    expect(Array.from({ length: size }, (_, i) => [...ids.subarray(i * length, (i + 1) * length)])).toEqual(
      vectors.collate.ids,
    )
  })
})
