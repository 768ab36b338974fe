import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { onnxExecutor } from '../../../src/engine/executors/onnx/executor.ts'
import { dropoutPlaces } from '../../../src/engine/models/layers.ts'
import { BATCH, record, TOKENS } from '../../../src/engine/tracer/record.ts'

const executor = onnxExecutor({ threads: 1 })
afterAll(() => executor.close())

const [ROWS, COLUMNS, RATE] = [512, 512, 0.3]

async function masks(steps: readonly number[]): Promise<Float32Array[]> {
  const program = await record((scribe) => {
    const draw = dropoutPlaces()
    for (const name of ['first', 'second']) {
      scribe.output(name, draw([BATCH, TOKENS], RATE)?.mask ?? tf.zeros([1]))
    }
  })
  const run = await executor.compile(program)
  const made = []
  for (const step of steps) {
    const { first, second } = await run({
      feeds: {},
      sizes: { batch: ROWS, tokens: COLUMNS },
      dropout: { seed: 42, step },
    })
    if (!first || !second) throw new Error('no masks')
    made.push(first.slice(), second.slice())
  }
  return made
}

/** The correlation of keeping one place with keeping another, over all pairs that are `offset` apart. */
function correlation(mask: Float32Array, partner: (row: number, column: number) => number): number {
  let both = 0
  let count = 0
  for (let row = 0; row < ROWS - 1; row++) {
    for (let column = 0; column < COLUMNS - 1; column++) {
      both += ((mask[row * COLUMNS + column] ?? 0) - (1 - RATE)) * partner(row, column)
      count++
    }
  }
  return both / count / (RATE * (1 - RATE))
}

describe('dropout masks', () => {
  it('keep the share they should, independently of place, step and neighbours', async () => {
    const [mask, elsewhere, later] = await masks([1, 2])
    if (!mask || !elsewhere || !later) throw new Error('no masks')
    const centred = (from: Float32Array, row: number, column: number) =>
      (from[row * COLUMNS + column] ?? 0) - (1 - RATE)
    expect(new Set(mask)).toEqual(new Set([0, 1]))
    // Five standard errors of a mean over 2¹⁸ places.
    const bound = 5 / Math.sqrt(ROWS * COLUMNS)
    expect(Math.abs(mask.reduce((sum, kept) => sum + kept, 0) / mask.length - (1 - RATE))).toBeLessThan(bound)
    expect(Math.abs(correlation(mask, (row, column) => centred(mask, row, column + 1)))).toBeLessThan(bound)
    expect(Math.abs(correlation(mask, (row, column) => centred(mask, row + 1, column)))).toBeLessThan(bound)
    expect(Math.abs(correlation(mask, (row, column) => centred(elsewhere, row, column)))).toBeLessThan(bound)
    expect(Math.abs(correlation(mask, (row, column) => centred(later, row, column)))).toBeLessThan(bound)
    // The corners of a rectangle are the product of two rows and two columns: the sharpest test of drawing by product.
    const corners = (row: number, column: number) =>
      (centred(mask, row + 1, column) * centred(mask, row, column + 1) * centred(mask, row + 1, column + 1)) /
      (RATE * (1 - RATE))
    expect(Math.abs(correlation(mask, corners))).toBeLessThan(bound)
  })
})
