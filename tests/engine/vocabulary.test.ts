import { describe, expect, it } from 'vitest'
import { collate } from '../../src/engine/data/batches.ts'
import { compact, expand, toRows, vocabularyOf, wordsOf } from '../../src/engine/vocabulary.ts'

const PAD = 1
const examples = [[5, 9, 5], [7]].map((ids) => ({ ids: Int32Array.from(ids), label: 0 }))
const vocabulary = vocabularyOf({ size: 12, examples, always: [PAD] })
const table = { shape: [12, 2], data: Float32Array.from({ length: 24 }, (_, i) => i) }

describe('the words in use', () => {
  it('are those of the rows, and the padding, each place its own', () => {
    expect([...vocabulary.used]).toEqual([PAD, 5, 7, 9])
    const problem = { type: 'single_label_classification', labels: ['a'] } as const
    const { ids } = collate({ examples, problem, pad_token_id: PAD, pad_to_multiple_of: 4 })
    expect([...toRows(ids, vocabulary)].map((row) => vocabulary.used[row])).toEqual([5, 9, 5, PAD, 7, PAD, PAD, PAD])
  })

  it('are put back where they were, and the others decay', () => {
    const rows = compact(table, vocabulary)
    expect([...rows.data]).toEqual([2, 3, 10, 11, 14, 15, 18, 19])
    const trained = { shape: rows.shape, data: rows.data.map((value) => -value) }
    const whole = expand(trained, { ...table, data: table.data.slice() }, vocabulary, 0.5)
    const isUsed = (i: number) => vocabulary.used.includes(Math.floor(i / 2))
    expect([...whole.data]).toEqual(Array.from(table.data, (value, i) => (isUsed(i) ? -value : value / 2)))
  })
})

it('the words of an update are each there once, whichever batch reads them', () => {
  const { rows, places } = wordsOf([Int32Array.of(4, 2, 4), Int32Array.of(0, 4)])
  expect([...rows]).toEqual([0, 2, 4])
  expect(places.map((of) => Array.from(of, (place) => rows[place]))).toEqual([
    [4, 2, 4],
    [0, 4],
  ])
})
