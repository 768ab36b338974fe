import { describe, expect, it } from 'vitest'
import type { Unit } from '../../../../src/engine/executors/cuda/fuse/unit.ts'
import type { Fusible, Step } from '../../../../src/engine/executors/cuda/lower/step.ts'
import { planArena } from '../../../../src/engine/executors/cuda/plan/arena.ts'
import { sorted } from '../../../../src/engine/executors/cuda/plan/order.ts'
import { bucketOf, pad } from '../../../../src/engine/executors/cuda/run/buckets.ts'

const point = (more: object = {}) =>
  ({ kind: 'point', shape: [100], element: 'float', home: null, inputs: [], ...more }) as unknown as Fusible
/** A step of so many times 512 bytes. */
const sized = (units: number) => point({ shape: [128 * units - 28] })
const UNIT = 512

describe('the memory of a step', () => {
  it('is given to another when the last that reads it is done, and not before', () => {
    const [a, b, c] = [sized(1), sized(1), sized(1)]
    const { offsets, bytes } = planArena([[a], [b, a], [c, b]])
    expect(bytes).toBe(2 * UNIT)
    expect(offsets.get(b)).not.toBe(offsets.get(a))
    expect(offsets.get(c)).toBe(offsets.get(a))
  })

  it('becomes one gap with what is free beside it', () => {
    const [a, b, two, end] = [sized(1), sized(1), sized(2), sized(1)]
    expect(
      planArena([
        [a, b, end],
        [two, end],
      ]).bytes,
    ).toBe(3 * UNIT)
  })

  it('is the smallest that is large enough', () => {
    const [large, wall, small, end] = [sized(2), sized(1), sized(1), sized(1)]
    const [one, two] = [sized(1), sized(2)]
    const { offsets, bytes } = planArena([
      [large, wall, small, end],
      [one, two, wall, end],
    ])
    expect(offsets.get(one)).toBe(offsets.get(small))
    expect(offsets.get(two)).toBe(offsets.get(large))
    expect(bytes).toBe(5 * UNIT)
  })

  it('at the end grows', () => {
    const [a, b, three] = [sized(1), sized(1), sized(3)]
    expect(planArena([[a, b], [a, three], [three]]).bytes).toBe(4 * UNIT)
    // What it has grown into is taken.
    const [one, other] = [sized(1), sized(1)]
    expect(
      planArena([
        [a, b],
        [a, three],
        [three, one, other],
      ]).bytes,
    ).toBe(5 * UNIT)
  })
})

describe('a kernel that writes a state', () => {
  const group = (step: Fusible): Unit => {
    const where = { rows: 1, columns: 100, level: 0 }
    return { kind: 'group', ...where, steps: [step], stores: new Set([step]), sums: [] }
  }
  const reads = (step: Step) => [{ step, shape: [100], strides: [1], offset: 0 }]

  it.each([
    ['it', { name: 'w', parts: [] }],
    ['it beside others', { name: 'v w', parts: [{ name: 'v' }, { name: 'w' }] }],
  ])('comes after all that read %s', (_, named) => {
    const state = { kind: 'input', from: 'copy', shape: [100], inputs: [], home: null, ...named } as unknown as Step
    const writer = point({ home: { kind: 'state', name: 'w' } })
    const reader = point({ inputs: reads(state) })
    const steps = [state, writer, reader]
    const units = [group(writer), group(reader)]
    expect(sorted(units, steps, new Set(steps))).toEqual([units[1], units[0]])
  })
})

describe('the sizes that are compiled for', () => {
  it('are few: rows as were compiled before, the nearest that are enough', () => {
    expect(bucketOf({ batch: 5, tokens: 33, words: 300 })).toEqual({ batch: 5, tokens: 64, words: 512 })
    expect(bucketOf({ batch: 5, tokens: 32, words: 3 }, { batches: [16, 8, 4], words: null })).toEqual({
      batch: 8,
      tokens: 32,
      words: 256,
    })
    expect(bucketOf({ batch: 8 }, { batches: [16, 8], words: null })).toEqual({ batch: 8 })
  })

  it.each([
    [4096, 4096],
    [1024, 4096],
    [1023, 1024],
    [5000, 8192],
  ])('have room for all words that are reserved where a batch has a fourth of them: %d', (words, padded) => {
    expect(bucketOf({ words }, { batches: [], words: 4096 })).toEqual({ words: padded })
  })

  it('are filled up beside and below', () => {
    const into = new Int32Array(12).fill(9)
    pad(Int32Array.of(1, 2, 3, 4), [2, 2], [3, 4], into, -1)
    expect([...into]).toEqual([1, 2, -1, -1, 3, 4, -1, -1, -1, -1, -1, -1])
  })
})
