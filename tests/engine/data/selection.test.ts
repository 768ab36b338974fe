import { describe, expect, test } from 'vitest'
import { vectors } from '../golden.ts'
import { inspect, load, put } from './dataset.ts'

const csv = (n: number, first = 0) =>
  `text,label\n${Array.from({ length: n }, (_, i) => `row ${first + i},${i % 2}`).join('\n')}\n`
const numbers = (rows: { text: string }[]) => rows.map(({ text }) => Number(text.slice(4)))

describe('rows are those that the datasets library selects', () => {
  test('shuffle(seed=42).select(range(10))', async () => {
    put('sixty/train.csv', csv(60))
    put('sixty/test.csv', csv(60, 100))
    const { train, trainAvailable, eval: rows } = await load('sixty', { max_train_samples: 10, max_eval_samples: 10 })
    expect(numbers(train)).toEqual(vectors.shuffle)
    expect(trainAvailable).toBe(60)
    expect(numbers(rows)).toEqual(vectors.shuffle.map((row) => row + 100))
    expect(train.map(({ label }) => label)).toEqual(vectors.shuffle.map((row) => row % 2))
  })

  test('train_test_split(test_size=0.2, seed=42) of a single file', async () => {
    put('single.csv', csv(25))
    const { train, eval: rows, trainAvailable, evalAvailable } = await load('single.csv', { shuffle_seed: null })
    expect(numbers(train)).toEqual(vectors.split.train)
    expect(numbers(rows)).toEqual(vectors.split.test)
    expect([trainAvailable, evalAvailable]).toEqual([20, 5])
    expect(await inspect('single.csv')).toMatchObject({ split: 'made', train_rows: 20, eval_rows: 5 })
  })

  test('without a shuffle the first rows, in their order', async () => {
    const { train } = await load('sixty', { shuffle_seed: null, max_train_samples: 3 })
    expect(numbers(train)).toEqual([0, 1, 2])
  })

  test('another seed of the run changes no row', async () => {
    const [one, other] = await Promise.all([load('single.csv', { seed: 1 }), load('single.csv', { seed: 2 })])
    expect(one).toEqual(other)
  })

  test('asking for more than there is gives all', async () => {
    expect((await load('sixty', { max_train_samples: 1000 })).train).toHaveLength(60)
  })
})

test('validation is preferred to test, as in run_classification.py', async () => {
  put('three/train.csv', csv(4))
  put('three/test.csv', csv(4, 100))
  put('three/validation.csv', csv(4, 200))
  expect(numbers((await load('three', { shuffle_seed: null })).eval)).toEqual([200, 201, 202, 203])
})

describe('the built-in e-mails', () => {
  test('are those of the facts, in the order of digests, and a seed only changes the order', async () => {
    const asked = { max_train_samples: 2000, max_eval_samples: 500 }
    const { train, eval: rows, problem, ...available } = await load('builtin/emails', { ...asked, shuffle_seed: null })
    expect(problem.labels).toEqual(['ham', 'spam'])
    expect([train.length, rows.length]).toEqual([2000, 500])
    expect(train.filter(({ label }) => label === 1)).toHaveLength(800)
    expect(available).toEqual({ from: null, notes: [], trainAvailable: 3738, evalAvailable: 975 })
    const shuffled = (await load('builtin/emails', { ...asked, shuffle_seed: 42 })).train
    expect(shuffled[0]).not.toEqual(train[0])
    expect(new Set(shuffled.map(({ id }) => id))).toEqual(new Set(train.map(({ id }) => id)))
  })

  test('are inspected', async () => {
    expect(await inspect('builtin/emails')).toMatchObject({
      labels: ['ham', 'spam'],
      label_counts: [2901, 837],
      train_rows: 3738,
      eval_rows: 975,
    })
  })
})
