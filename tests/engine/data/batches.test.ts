import { expect, it } from 'vitest'
import { largestBatch } from '../../../src/engine/data/batches.ts'

const examples = [3, 7, 5].map((length) => ({ ids: new Int32Array(length), label: 0 }))

it('is as large as the rows that there are, and no larger', () => {
  const sizeOf = (rows: number, pad_to_multiple_of: number | null = null) =>
    largestBatch({ examples, rows, pad_to_multiple_of })
  expect(sizeOf(2)).toEqual({ size: 2, length: 7 })
  expect(sizeOf(16)).toEqual({ size: 3, length: 7 })
  expect(sizeOf(16, 8)).toEqual({ size: 3, length: 8 })
})
