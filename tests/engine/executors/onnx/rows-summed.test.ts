import * as tf from '@tensorflow/tfjs-core'
import { afterAll, describe, expect, it } from 'vitest'
import { onnxExecutor } from '../../../../src/engine/executors/onnx/executor.ts'
import { record } from '../../../../src/engine/tracer/record.ts'

const executor = onnxExecutor({ threads: 4 })
afterAll(() => executor.close())

const [ROWS, WIDTH, WORDS] = [16_384, 128, 2]

describe('rows summed by word', () => {
  it('loses none where many rows are of one word and several threads add', async () => {
    const run = await executor.compile(
      await record((scribe) => {
        const values = scribe.feed('values', [ROWS, WIDTH])
        const words = scribe.feed('words', [ROWS], 'int32') as tf.Tensor1D
        scribe.output('sum', tf.unsortedSegmentSum(values, words, WORDS))
      }),
    )
    const feeds = {
      values: new Float32Array(ROWS * WIDTH).fill(1),
      words: Int32Array.from({ length: ROWS }, (_, row) => row % WORDS),
    }
    const counts = Array.from({ length: WORDS }, (_, word) => feeds.words.filter((each) => each === word).length)
    for (let round = 0; round < 20; round++) {
      const { sum } = await run({ feeds, sizes: {}, dropout: { seed: 42, step: 1 } })
      expect(Array.from({ length: WORDS * WIDTH }, (_, i) => sum?.[i])).toEqual(
        Array.from({ length: WORDS * WIDTH }, (_, i) => counts[Math.floor(i / WIDTH)]),
      )
    }
  })
})
