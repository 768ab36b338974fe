import { parquetWriteFile } from 'hyparquet-writer'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { goldenFolder, vectors } from '../golden.ts'
import { datasets_folder, inspect, load, put } from './dataset.ts'

const order = { shuffle_seed: null } as const
const textsOf = (rows: { text: string }[]) => rows.map(({ text }) => text)
const labelsOf = (rows: { label: unknown }[]) => rows.map(({ label }) => label)

describe('CSV', () => {
  test('with a byte order mark, CRLF, quotes and line breaks inside of them', async () => {
    put('quoted/train.csv', '\ufefftext,label\r\n"a ""b"", c",pos\r\n"two\r\nlines",neg\r\n\r\nplain é,pos\r\n')
    put('quoted/test.csv', 'text,label\nx,neg\n')
    const { train, problem, eval: rows } = await load('quoted', order)
    expect(textsOf(train)).toEqual(['a "b", c', 'two\r\nlines', 'plain é'])
    expect(problem.labels).toEqual(['neg', 'pos'])
    expect(labelsOf(train)).toEqual([1, 0, 1])
    expect(train.map(({ id }) => id)).toEqual(['quoted/train.csv:2', 'quoted/train.csv:3', 'quoted/train.csv:6'])
    expect(textsOf(rows)).toEqual(['x'])
  })

  test('with semicolons, and TSV', async () => {
    put('semicolon/train.csv', 'label;text\n0;a, b\n1;c\n')
    put('semicolon/test.csv', 'label;text\n0;a\n')
    expect(textsOf((await load('semicolon', order)).train)).toEqual(['a, b', 'c'])
    put('tabs/train.tsv', 'label\ttext\n0\ta, b\n1\tc\n')
    put('tabs/test.tsv', 'label\ttext\n0\ta\n')
    expect(textsOf((await load('tabs', order)).train)).toEqual(['a, b', 'c'])
  })

  test('pieces of a file may end within a character', async () => {
    const text = 'é'.repeat(200_000)
    put('wide/train.csv', `text,label\nx${text},a\n${text},b\n`)
    put('wide/test.csv', 'text,label\nx,a\n')
    const { train } = await load('wide', { ...order, max_length: 8192 })
    expect(train[1]?.text).toBe(text)
  })
})

describe('JSONL', () => {
  test('one object a line, the last one without a line break', async () => {
    put('lines/train.jsonl', '{"text":"a\\nb","label":true}\r\n\n{"label":false,"text":"c","more":[1]}')
    put('lines/validation.ndjson', '{"text":"d","label":false}\n')
    const { train, problem, eval: rows } = await load('lines', order)
    expect(textsOf(train)).toEqual(['a\nb', 'c'])
    expect(problem.labels).toEqual(['false', 'true'])
    expect(labelsOf(train)).toEqual([1, 0])
    expect(train[1]?.id).toBe('lines/train.jsonl:3')
    expect(labelsOf(rows)).toEqual([0])
  })
})

describe('Parquet', () => {
  const features = (names: string[]) =>
    JSON.stringify({ info: { features: { label: { names, _type: 'ClassLabel' }, text: { _type: 'Value' } } } })

  test('with a ClassLabel, its names in their own order, over several row groups and files', async () => {
    put('hub/train-00001-of-00002.parquet', '')
    const write = (file: string, rows: [string, bigint][]) =>
      parquetWriteFile({
        filename: join(datasets_folder, 'hub', file),
        columnData: [
          { name: 'text', data: rows.map(([text]) => text), type: 'STRING' },
          { name: 'label', data: rows.map(([, label]) => label), type: 'INT64' },
        ],
        kvMetadata: [{ key: 'huggingface', value: features(['pos', 'neg', 'never']) }],
        rowGroupSize: 2,
      })
    write('train-00000-of-00002.parquet', [['a', 1n], ['b', 0n], ['c', 0n], ['d', 1n], ['e', 1n]]) // prettier-ignore
    write('train-00001-of-00002.parquet', [['f', 0n]])
    write('test-00000-of-00001.parquet', [['g', 1n]])
    const { train, problem, eval: rows } = await load('hub', order)
    expect(problem.labels).toEqual(['pos', 'neg', 'never'])
    expect(textsOf(train)).toEqual(['a', 'b', 'c', 'd', 'e', 'f'])
    expect(labelsOf(train)).toEqual([1, 0, 0, 1, 1, 0])
    expect(textsOf(rows)).toEqual(['g'])
    expect(train[5]?.id).toBe('hub/train-00001-of-00002.parquet:1')
    expect(await inspect('hub')).toMatchObject({ labels: ['pos', 'neg', 'never'], label_counts: [3, 3, 0] })
  })

  test('as the datasets library writes it, snappy and zstd', async () => {
    put('python/train.parquet', readFileSync(join(goldenFolder, 'rows.parquet')))
    put('python/test.parquet', readFileSync(join(goldenFolder, 'rows-zstd.parquet')))
    const { train, problem, eval: rows } = await load('python', order)
    expect(problem.labels).toEqual(['neg', 'pos'])
    expect(train.map(({ text, label }) => ({ text, label }))).toEqual(vectors.rows)
    expect(textsOf(rows)).toEqual(textsOf(vectors.rows.slice(0, 5)))
  })

  test.each(['SNAPPY', 'GZIP', 'UNCOMPRESSED'] as const)('%s, with labels as words', async (codec) => {
    put(`${codec}/test.csv`, 'text,label\nz,ham\n')
    parquetWriteFile({
      filename: join(datasets_folder, codec, 'train.parquet'),
      columnData: [
        { name: 'text', data: ['x', 'y'], type: 'STRING' },
        { name: 'label', data: ['spam', 'ham'], type: 'STRING' },
      ],
      codec,
      compressors: { GZIP: (bytes) => new Uint8Array(gzipSync(bytes)) },
    })
    const { train } = await load(codec, order)
    expect(train).toEqual([
      { id: `${codec}/train.parquet:1`, text: 'x', label: 1 },
      { id: `${codec}/train.parquet:2`, text: 'y', label: 0 },
    ])
  })
})

describe('labels', () => {
  const labels = async (name: string, values: string[]) => {
    put(`${name}/train.csv`, `text,label\n${values.map((value, i) => `row ${i},${value}`).join('\n')}\n`)
    put(`${name}/test.csv`, `text,label\nx,${values[0] ?? ''}\n`)
    return (await load(name, order)).problem.labels
  }

  test('whole numbers are ordered by size', async () => {
    expect(await labels('numbers', ['10', '9', '-1', '2'])).toEqual(['-1', '2', '9', '10'])
  })
  test('1.0 is 1', async () => {
    expect(await labels('floats', ['1.0', '0.0', '1.0'])).toEqual(['0', '1'])
  })
  test('words are ordered as Python orders them', async () => {
    expect(await labels('words', ['b', 'a', 'B', 'é', '\u{1f600}', '\uffee'])).toEqual([
      'B',
      'a',
      'b',
      'é',
      '\uffee',
      '\u{1f600}',
    ])
  })
  test('one that only the evaluation has is a label too', async () => {
    await labels('late', ['a', 'b'])
    put('late/test.csv', 'text,label\nx,c\n')
    expect((await load('late', order)).problem.labels).toEqual(['a', 'b', 'c'])
  })
})

describe('columns', () => {
  test('the only other column of strings is the text', async () => {
    put('guess/train.csv', 'id,review,label\n1,good,1\n2,bad,0\n')
    put('guess/test.csv', 'id,review,label\n3,x,1\n')
    expect(await inspect('guess')).toEqual({
      columns: ['id', 'review', 'label'],
      text_column: 'review',
      label_column: 'label',
      problem_type: 'single_label_classification',
      labels: ['0', '1'],
      label_counts: [1, 1],
      label_range: null,
      train_rows: 2,
      eval_rows: 1,
      split: 'given',
      duplicates: 0,
      lengths: expect.objectContaining({ median: 4, p90: 4, longest: 4, unit: 'characters' }) as object,
    })
  })
  test('they may be named', async () => {
    put('named/train.csv', 'text,title,stars\nlong,short,5\nlonger,shorter,1\n')
    put('named/test.csv', 'text,title,stars\nx,y,5\n')
    const { train, problem } = await load('named', { ...order, text_column: 'title', label_column: 'stars' })
    expect(textsOf(train)).toEqual(['short', 'shorter'])
    expect(problem.labels).toEqual(['1', '5'])
  })
})
