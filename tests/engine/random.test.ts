import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { newHead } from '../../src/engine/head.ts'
import { epochOrder } from '../../src/engine/order.ts'
import { pcg64, permutation, seedPool, seedState } from '../../src/engine/random/pcg64.ts'
import { vectors } from './golden.ts'

const hex = (values: Iterable<number | bigint>) => [...values].map((value) => value.toString(16))

describe('NumPy', () => {
  test('every stage of PCG64 seeded with 42', () => {
    expect(hex(seedPool(42))).toEqual(['631d3606', '7ae90ae', '6fc4be28', '2ced5c75'])
    expect(hex(seedState(42))).toEqual(['9f1e2e6dcd540ab7', 'd57873dc79fb94b6', '7d282a1b64d420b7', '336579714692d5ff'])
    const next = pcg64(42)
    expect(hex([next(), next(), next()])).toEqual(['c621fbcd16d92688', '705a5661a791ffc1', 'dbcd12c26eda1624'])
  })

  test.each(vectors.permutation)('permutation($n) of seed $seed', ({ n, seed, first, sha256 }) => {
    const order = permutation(n, seed)
    expect([...order.subarray(0, 10)]).toEqual(first)
    expect(createHash('sha256').update(new Uint8Array(order.buffer)).digest('hex')).toBe(sha256)
  })

  test('25000 rows are shuffled in milliseconds', () => {
    permutation(25_000, 1)
    const start = performance.now()
    permutation(25_000, 42)
    expect(performance.now() - start).toBeLessThan(500)
  })
})

describe('torch', () => {
  test.each(vectors.randperm)('randperm($n) of seed $seed', ({ n, seed, first }) => {
    expect([...epochOrder({ n, seed, epoch: 0 }).subarray(0, 10)]).toEqual(first)
  })

  test('the epochs of the Trainer that made the golden log of 42 rows', () => {
    const first = (epoch: number) => [...epochOrder({ n: 42, seed: 42, epoch }).subarray(0, 8)]
    expect(first(0)).toEqual([36, 9, 38, 7, 6, 32, 22, 26])
    expect(first(1)).toEqual([10, 36, 17, 31, 37, 1, 6, 33])
  })

  test('an order holds every row once, and no rows are fine', () => {
    expect([...epochOrder({ n: 1000, seed: 7, epoch: 3 })].sort((a, b) => a - b)).toEqual([...Array(1000).keys()])
    expect(epochOrder({ n: 0, seed: 7, epoch: 3 })).toHaveLength(0)
  })

  test.each(vectors.normal)('normal_ of seed $seed, shapes $shapes', ({ seed, std, shapes, values }) => {
    const tensors = shapes.map((shape, i) => ({ name: String(i), shape, kind: 'normal' as const }))
    const head = newHead({ seed, std, tensors })
    values.forEach((expected, i) => {
      const drawn = head.get(String(i))
      expect(drawn?.shape).toEqual(shapes[i])
      drawn?.data.forEach((value, j) => expect(Math.abs(value - (expected[j] ?? NaN))).toBeLessThan(1e-6 * std))
    })
  })

  test('a head of DistilBERT, biases as zeros', () => {
    const head = newHead({
      seed: 42,
      std: 0.02,
      tensors: [
        { name: 'pre_classifier.weight', shape: [768, 768], kind: 'normal' },
        { name: 'pre_classifier.bias', shape: [768], kind: 'zeros' },
      ],
    })
    const expected = [0.0385383, 0.0297457, 0.0180143, -0.0421104, 0.0135684, -0.0246909]
    expected.forEach((value, i) => expect(head.get('pre_classifier.weight')?.data[i]).toBeCloseTo(value, 7))
    expect(head.get('pre_classifier.bias')?.data).toEqual(new Float32Array(768))
  })
})
