import { parquetWriteFile } from 'hyparquet-writer'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Arguments } from '../../../src/run/arguments.ts'
import { datasets_folder, inspect, load, put, refusal } from './dataset.ts'

const order = { shuffle_seed: null } as const
const csv = (labels: readonly string[]) => `text,label\n${labels.map((label, i) => `row ${i},"${label}"\n`).join('')}`
const jsonl = (labels: readonly unknown[]) =>
  labels.map((label, i) => JSON.stringify({ text: `row ${i}`, label })).join('\n')

/** The labels of the training rows, by name where they have one. */
async function learned(folder: string, args: Partial<Arguments> = {}) {
  const { train, problem } = await load(folder, { ...order, ...args })
  const named = train.map(({ label }) =>
    problem.type === 'regression' ? label : [label].flat().map((each) => problem.labels[each]),
  )
  return { type: problem.type, labels: problem.labels, named }
}
function dataset(name: string, file: string, content: string): string {
  put(`${name}/train.${file}`, content)
  put(`${name}/test.${file}`, content)
  return name
}

describe('what is learned is found from the labels', () => {
  test('lists are several labels a row, an empty one is none of them', async () => {
    const name = dataset('lists', 'jsonl', jsonl([['b', 'a'], [], ['c', 'b', 'b']]))
    expect(await learned(name)).toEqual({
      type: 'multi_label_classification',
      labels: ['a', 'b', 'c'],
      named: [['a', 'b'], [], ['b', 'c']],
    })
    expect(await inspect(name)).toMatchObject({
      problem_type: 'multi_label_classification',
      label_counts: [1, 2, 1],
      label_range: null,
    })
  })

  test('fractions are a regression, whole floats are classes', async () => {
    expect(await learned(dataset('fractions', 'csv', csv(['1.5', '2', '-0.25'])))).toEqual({
      type: 'regression',
      labels: [],
      named: [1.5, 2, -0.25],
    })
    expect(await inspect('fractions')).toMatchObject({
      problem_type: 'regression',
      labels: [],
      label_counts: [],
      label_range: { least: -0.25, most: 2 },
    })
    expect(await learned(dataset('whole', 'csv', csv(['1.0', '0.0', '10.0'])))).toMatchObject({
      type: 'single_label_classification',
      labels: ['0', '1', '10'],
      named: [['1'], ['0'], ['10']],
    })
  })

  test('also where the first rows are whole', async () => {
    const whole = Array.from({ length: 150 }, (_, i) => String(i % 5))
    const late = await learned(dataset('late-csv', 'csv', csv([...whole, '2.5'])))
    expect(late).toMatchObject({ type: 'regression', labels: [] })
    expect(late.named.slice(147)).toEqual([2, 3, 4, 2.5])
    const lines = await learned(dataset('late-jsonl', 'jsonl', jsonl([...whole.map(Number), -0.5])))
    expect(lines.named.slice(149)).toEqual([4, -0.5])
    const word = await learned(dataset('late-word', 'csv', csv([...whole, 'other'])))
    expect(word).toMatchObject({ type: 'single_label_classification', labels: ['0', '1', '2', '3', '4', 'other'] })
  })

  test('a Parquet list of a ClassLabel has its names, however the feature is written', async () => {
    for (const feature of [{ feature: { names: ['joy', 'fear', 'awe'] } }, [{ names: ['joy', 'fear', 'awe'] }]]) {
      for (const split of ['train', 'test'])
        parquetWriteFile({
          filename: join(datasets_folder, put(`emotions/${split}.parquet`, '')),
          columnData: [
            { name: 'text', data: ['x', 'y', 'z'] },
            { name: 'labels', data: [[2n, 0n], [1n], []] },
          ],
          schema: [
            { name: 'root', num_children: 2 },
            { name: 'text', type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' },
            { name: 'labels', repetition_type: 'OPTIONAL', num_children: 1, converted_type: 'LIST' },
            { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
            { name: 'element', type: 'INT64', repetition_type: 'OPTIONAL' },
          ],
          kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features: { labels: feature } } }) }],
        })
      const { named, labels } = await learned('emotions', { label_column: 'labels' })
      expect(labels).toEqual(['joy', 'fear', 'awe'])
      expect(named).toEqual([['joy', 'awe'], ['fear'], []])
    }
  })
})

describe('and may be said', () => {
  test('whole numbers as a regression', async () => {
    const name = dataset('stars', 'csv', csv(['1', '5', '3']))
    expect(await learned(name)).toMatchObject({ type: 'single_label_classification' })
    expect(await learned(name, { problem_type: 'regression' })).toMatchObject({ type: 'regression', named: [1, 5, 3] })
  })

  test.each([
    ['names with commas, semicolons or bars between them', ['a, b', 'c;a', 'b|c']],
    ["Python's lists, as pandas writes them", ["['a', 'b']", "['c', 'a']", "['b', 'c']"]],
    ['lists of JSON', ['[""a"", ""b""]', '[""c"", ""a""]', '[""b"", ""c""]']],
  ])('several labels in a CSV: %s', async (what, labels) => {
    const name = dataset(what.replace(/\W/g, '-'), 'csv', csv(labels))
    expect(await learned(name, { problem_type: 'multi_label_classification' })).toMatchObject({
      labels: ['a', 'b', 'c'],
      named: [
        ['a', 'b'],
        ['a', 'c'],
        ['b', 'c'],
      ],
    })
  })
})

describe('what fits nothing is refused', () => {
  test.each([
    [
      'hot.jsonl',
      jsonl([
        [0, 1, 0],
        [1, 0, 0],
      ]),
      {},
      /looks like a 0 or 1 for each label/,
    ],
    [
      'mixed.jsonl',
      jsonl([0.5, 'word']),
      { problem_type: 'regression' },
      /Row 2 .* has the label `"word"`.* a number is expected/,
    ],
    ['null.jsonl', jsonl([['a'], null, ['b']]), {}, /Row 2 .* has no label .* a list of labels is expected/],
    [
      'same.jsonl',
      jsonl([0.5, 0.5, 0.5]),
      {},
      /have the same label in `label`: `0\.5`\. A regression needs different ones/,
    ],
    ['one.jsonl', jsonl([['a'], ['a'], []]), {}, /have the same label in `label`: `a`/],
    [
      'ids.csv',
      csv(Array.from({ length: 1200 }, (_, i) => String(i))),
      {},
      /more than 1000 different values .* set `problem_type` to `regression`/,
    ],
    ['floats.csv', csv(Array.from({ length: 1200 }, (_, i) => `${i}.0`)), {}, /more than 1000 different values/],
    ['infinite.jsonl', jsonl(['1e400', '1']), { problem_type: 'regression' }, /a number is expected/],
  ] as const)('%s', async (file, content, args, message) => {
    put(file, content)
    expect(await refusal(file, { test_size: 0.01, ...order, ...args })).toMatch(message)
  })
})

describe('notes', () => {
  test('texts of both splits, empty texts, labels that no training row has', async () => {
    put('noted/train.csv', 'text,label\na,x\nb,y\n,x\n')
    put('noted/test.csv', 'text,label\n a ,x\nc,z\n"",y\n')
    const { notes } = await load('noted', order)
    expect(notes).toEqual([
      { code: 'dataset-duplicates', message: expect.stringMatching(/^2 of 3 evaluation rows/) as string },
      { code: 'dataset-empty-texts', message: expect.stringMatching(/^2 of 6 rows .*noted\/train\.csv:4/) as string },
      { code: 'dataset-unseen-labels', message: expect.stringMatching(/^No training row has `z`, /) as string },
    ])
    expect((await inspect('noted')).duplicates).toBe(2)
  })

  test('nothing odd, nothing said', async () => {
    put('plain/train.csv', 'text,label\na,x\nb,y\n')
    put('plain/test.csv', 'text,label\nc,x\n')
    expect((await load('plain')).notes).toEqual([])
  })
})

test('lengths of the texts that would be used', async () => {
  put(
    'lengths/train.csv',
    `text,label\n${Array.from({ length: 100 }, (_, i) => `${'x'.repeat(i + 1)},${i % 2}\n`).join('')}`,
  )
  put('lengths/test.csv', 'text,label\nq,0\n')
  const { lengths } = await inspect('lengths', { max_length: 10 })
  expect(lengths).toMatchObject({ median: 51, p90: 91, longest: 100, unit: 'characters', histogram_to: 100 })
  expect(lengths?.histogram.reduce((sum, rows) => sum + rows, 0)).toBe(100)
  expect(Math.max(...(lengths?.histogram ?? [])) - Math.min(...(lengths?.histogram ?? []))).toBeLessThan(3)
  // 42 characters and more are taken for more than 10 tokens.
  expect(lengths?.over_max_length).toBeCloseTo(0.58)
  const first = await inspect('lengths', { max_train_samples: 10, shuffle_seed: null })
  expect(first.lengths?.longest).toBe(10)
})
