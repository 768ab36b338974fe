import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../../src/builtin/known.ts'
import { collate } from '../../../src/engine/data/batches.ts'
import { tokenize } from '../../../src/engine/data/tokenize.ts'
import { startThreads } from '../../../src/engine/data/tokenize-threads.ts'
import { UserError } from '../../../src/user-error.ts'
import { testFolder } from '../folder.ts'
import { goldenFolder, vectors } from '../golden.ts'

const problem = { type: 'single_label_classification', labels: ['a', 'b'] } as const
const left = JSON.parse(readFileSync(new URL('../../golden/truncation/left.json', import.meta.url), 'utf8')) as Record<
  'wordpiece' | 'bpe',
  { max_length: number; ids: number[][] }
>
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

describe('truncation_side left', () => {
  test.each(['wordpiece', 'bpe'] as const)('keeps the last tokens, as transformers: %s', async (kind) => {
    const { max_length, ids } = left[kind]
    const made = await tokenize({
      rows: rowsOf(vectors.texts),
      folder: join(goldenFolder, kind),
      max_length,
      truncation_side: 'left',
    })
    expect(idsOf(made.examples)).toEqual(ids)
    expect(ids).not.toEqual(vectors.tokens[kind].ids)
  })

  test('reads only the end of a long text, and gives the same ids', async () => {
    const words = vectors.texts.join(' ').split(' ')
    const rows = rowsOf(
      Array.from({ length: 20 }, (_, i) =>
        Array.from({ length: 400 }, (_, j) => words[(i * 7 + j * j) % words.length]).join(' '),
      ),
    )
    const asked = { rows, folder: ENCODER_FOLDER, truncation_side: 'left' } as const
    const short = await tokenize({ ...asked, max_length: 32 })
    const whole = await tokenize({ ...asked, max_length: 8192 })
    const last = ({ ids }: { ids: Int32Array }) => [ids[0], ...ids.slice(-31)]
    expect(short.examples.map(last)).toEqual(whole.examples.map(last))
  })
})

describe('threads', () => {
  const rows = rowsOf(Array.from({ length: 1500 }, (_, i) => `${vectors.texts[i % vectors.texts.length] ?? ''} ${i}`))
  const asked = { rows, folder: ENCODER_FOLDER, max_length: 24 }
  const texts = rows.map(({ text }) => text)
  const start = ({ folder = ENCODER_FOLDER, max_length = 24 } = {}) =>
    startThreads({ folder, cutting: { max_length, truncation_side: 'right' }, threads: 2 })
  const cut = (threads = start(), signal = new AbortController().signal, progress: () => void = () => undefined) =>
    threads.cut({ texts, progress, signal })

  test('give what one gives, in the order of the rows, and tell how far they are', async () => {
    const told: number[] = []
    const many = await tokenize({ ...asked, threads: start(), progress: (done) => told.push(done) })
    expect(many).toEqual(await tokenize(asked))
    expect(told.at(-1)).toBe(1500)
    expect(told.length).toBeGreaterThan(5)
    expect([...told].sort((a, b) => a - b)).toEqual(told)
  })

  test('of no rows give none', async () => {
    const threads = start()
    expect(await tokenize({ ...asked, rows: [], threads })).toEqual({ examples: [], fullLengths: new Int32Array() })
  })

  test('end when they are stopped, and when nobody wants them', async () => {
    const controller = new AbortController()
    await expect(cut(start(), controller.signal, () => controller.abort())).rejects.toThrow(/abort/i)
    await expect(cut(start(), AbortSignal.abort())).rejects.toThrow(/abort/i)
    const unwanted = start()
    await unwanted.close()
    await expect(cut(unwanted)).rejects.toThrow(/ended with \d before its work was done/)
  })

  test('fail with the error that one of them has, also when it had it before there were rows', async () => {
    await expect(cut(start({ folder: '/nowhere' }))).rejects.toThrow(/no tokenizer\.json/)
    const early = start({ max_length: 2 })
    await setTimeout(1000)
    const failure = await cut(early).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(UserError)
    expect(failure).toMatchObject({ code: 'max-length', remedy: 'Set `max_length` to 3 or more.' })
  })
})
