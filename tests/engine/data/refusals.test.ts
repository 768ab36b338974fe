import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Arguments } from '../../../src/run/arguments.ts'
import { datasets_folder, load, put, refusal } from './dataset.ts'

const good = 'text,label\na,0\nb,1\nc,0\n'
const cases: [string, string | Uint8Array, Partial<Arguments>, RegExp][] = [
  ['empty.csv', '', {}, /`empty\.csv` is empty\. A dataset has/],
  ['header.csv', 'text,label\n', {}, /`header\.csv` has a header and no rows\./],
  ['one-label.csv', 'text,label\na,1\nb,1\nc,1\n', {}, /All \d training rows of `one-label\.csv` have the same label in `label`: `1`\. A classifier needs two/],
  ['unknown.csv', good, { label_column: 'labels' }, /`unknown\.csv` has no column `labels`; it has `text`, `label`\. Set `label_column` to `label`\./],
  ['no-label.csv', 'review,stars\na,0\nb,1\n', {}, /has no column `label`; it has `review`, `stars`\. Say which one holds the label with `label_column`/],
  ['two-texts.csv', 'title,body,label\na,b,0\nc,d,1\n', {}, /several columns of strings that may be the text.*`text_column`/],
  ['same.csv', good, { text_column: 'label' }, /cannot be text and label at once/],
  ['ragged.csv', 'text,label\na,0\nb,1,extra\n', {}, /Line 3 of `ragged\.csv` has 3 fields/],
  ['quote.csv', 'text,label\na,0\n"b,1\nc,0\n', {}, /begins in line 3 of `quote\.csv` is not CSV: it opens a quote that is never closed/],
  ['twice.csv', 'text,label,text\na,0,b\n', {}, /names `text` twice/],
  ['blank.csv', 'text,label\na,0\nb,\n', {}, /Row 2 \(line 3\) of `blank\.csv` has no label in `label`/],
  ['many.csv', `text,label\n${Array.from({ length: 1100 }, (_, i) => `a,word ${i}`).join('\n')}`, {}, /more than 1000 different values/],
  ['latin.csv', Buffer.from('text,label\ngood,0\ncaf\xe9,1\n', 'latin1'), {}, /`latin\.csv` is not UTF-8: byte 0xe9 at offset 21, line 3\. .*iconv -f WINDOWS-1252 -t UTF-8/],
  ['cut.csv', Buffer.concat([Buffer.from('text,label\na,0\nb,1\nc'), Buffer.of(0xc3)]), {}, /not UTF-8: byte 0xc3 at offset 20, line 4/],
  ['replaced.csv', Buffer.concat([Buffer.from('text,label\n\ufffd,0\n'), Buffer.of(0xff, 10)]), {}, /byte 0xff at offset 17, line 3/],
  ['nul.csv', 'text,label\na,0\nb\0,1\n', {}, /NUL byte at offset 16 \(line 3\)/],
  ['utf16.csv', Buffer.from('\ufefftext,label\na,0\n', 'utf16le'), {}, /UTF-16/],
  ['one-row.csv', 'text,label\na,0\n', {}, /has 1 row; with `test_size` 0\.2 none is left to train on/],
  ['array.json', '[{"text":"a","label":0}]', {}, /holds one JSON array.*jq -c/],
  ['broken.jsonl', '{"text":"a","label":0}\n{"text":\n', {}, /Line 2 of `broken\.jsonl` is not a JSON object/],
  ['number.jsonl', '{"text":"a","label":0}\n3\n', {}, /Line 2 of `number\.jsonl` is not a JSON object: it is another kind/],
  ['list.jsonl', '{"text":"a","label":[1]}\n{"text":"a","label":0}\n', {}, /Row 1 \(line 1\) of `list\.jsonl` has the label `\[1\]`/],
  ['fraction.jsonl', '{"text":"a","label":0.5}\n{"text":"a","label":0}\n', { problem_type: 'single_label_classification' }, /has the label `0\.5`.*set `problem_type` to `regression`/],
  ['textless.jsonl', '{"text":"a","label":1}\n{"label":0}\n{"text":"b","label":0}\n', { shuffle_seed: null }, /line 2 of `textless\.jsonl` has nothing as its text/],
  ['fake.parquet', 'not parquet at all', {}, /`fake\.parquet` cannot be read as Parquet/],
  ['data.xlsx', 'PK', {}, /ends in `\.xlsx`; \.csv, \.tsv, \.jsonl, \.ndjson, \.json, \.parquet can be read/],
  ['bare', 'text', {}, /ends in `nothing`/],
] // prettier-ignore

test.each(cases)('%s', async (file, content, args, message) => {
  put(file, content)
  expect(await refusal(file, args)).toMatch(message)
})

describe('paths', () => {
  test.each([
    ['../elsewhere.csv', /outside of the datasets folder/],
    ['/etc/passwd', /outside of the datasets folder/],
    ['folder/../../x.csv', /outside of the datasets folder/],
    ['a\0b.csv', /outside of the datasets folder/],
    ['reviws.csv', /There is no dataset `reviws\.csv` in .* The nearest there: `reviews\.csv`/],
    ['stanfordnlp/imdb', /There is no dataset `stanfordnlp\/imdb`/],
  ])('%s', async (path, message) => {
    put('reviews.csv', good)
    expect(await refusal(path)).toMatch(message)
  })

  test('a link that leads out is refused, also one inside of a folder', async () => {
    const outside = join(tmpdir(), `finetune-outside-${process.pid}.csv`)
    writeFileSync(outside, good)
    symlinkSync(outside, join(datasets_folder, 'link.csv'))
    mkdirSync(join(datasets_folder, 'linked'), { recursive: true })
    symlinkSync(outside, join(datasets_folder, 'linked', 'train.csv'))
    expect(await refusal('link.csv')).toMatch(/outside of the datasets folder/)
    expect(await refusal('linked')).toMatch(/outside of the datasets folder/)
  })

  test('a folder without training rows says what it has', async () => {
    put('loose/all.csv', good)
    expect(await refusal('loose')).toMatch(/a file called train .* is expected.*`all\.csv`.*`loose\/all\.csv`/)
  })

  test('a datasets folder that is not there', async () => {
    put('x.csv', good)
    expect(await refusal('nowhere/x.csv')).toMatch(/There is no dataset/)
  })
})

describe('a row of 100 MB', () => {
  const MEBIBYTE = 2 ** 20
  const writeHuge = async (file: string, before: string, after: string) => {
    const handle = await open(join(datasets_folder, file), 'w')
    await handle.writeFile(before)
    for (let i = 0; i < 100; i++) await handle.writeFile('word '.repeat(MEBIBYTE / 5))
    await handle.writeFile(after)
    await handle.close()
  }

  test.each([
    ['huge.csv', 'text,label\na,0\n"', '",1\n', /Line 3 of `huge\.csv` is longer than 16 MiB/],
    [
      'huge.jsonl',
      '{"text":"a","label":0}\n{"text":"',
      '","label":1}\n',
      /Line 2 of `huge\.jsonl` is longer than 16 MiB/,
    ],
  ])('%s is refused without reading it whole', async (file, before, after, message) => {
    await writeHuge(file, before, after)
    const start = process.memoryUsage().rss
    expect(await refusal(file)).toMatch(message)
    // Half of the row is never held; twice the limit and what the collector has not taken yet is.
    expect(process.memoryUsage().rss - start).toBeLessThan(250 * MEBIBYTE)
  })

  test('long texts below that are cut to what a model can use', async () => {
    put('long.jsonl', [0, 1, 0].map((label) => JSON.stringify({ text: 'ab '.repeat(MEBIBYTE), label })).join('\n'))
    const { train } = await load('long.jsonl', { max_length: 128 })
    expect(train[0]?.text).toHaveLength(12_800)
    put(
      'ends.jsonl',
      [0, 1, 0].map((label) => JSON.stringify({ text: `${'ab '.repeat(MEBIBYTE)}end`, label })).join('\n'),
    )
    const ends = await load('ends.jsonl', { max_length: 128, truncation_side: 'left' })
    expect(ends.train[0]?.text).toHaveLength(12_800)
    expect(ends.train[0]?.text).toMatch(/ab end$/)
  })
})

test('a run that is stopped stops reading', async () => {
  put('stopped.csv', good)
  const { loadDataset } = await import('../../../src/engine/data/dataset.ts')
  const { runOf } = await import('./dataset.ts')
  await expect(loadDataset({ run: runOf('stopped.csv'), signal: AbortSignal.abort() })).rejects.toThrow(/abort/i)
})
