import * as tf from '@tensorflow/tfjs-core'
import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { onnxExecutor } from '../../src/engine/executors/onnx/executor.ts'
import { bucketsOf } from '../../src/engine/models/mpnet.ts'
import { BATCH, record } from '../../src/engine/tracer/record.ts'

it('puts distances up to 511 tokens into the buckets that transformers puts them into', async () => {
  const path = new URL('../golden/trainer/mpnet/buckets.json', import.meta.url)
  const wanted = JSON.parse(readFileSync(path, 'utf8')) as number[]
  const executor = onnxExecutor({ threads: 1 })
  const program = await record((scribe) => {
    scribe.output('buckets', tf.cast(bucketsOf(scribe.feed('distances', [BATCH])), 'float32'))
  })
  const run = await executor.compile(program)
  const distances = Float32Array.from(wanted, (_, i) => i - 511)
  const made = await run({ feeds: { distances }, sizes: { batch: wanted.length }, dropout: { seed: 0, step: 0 } })
  expect([...(made.buckets ?? [])]).toEqual(wanted)
  // The 16th would be a key that is ahead by nothing.
  expect(new Set(wanted).size).toBe(31)
  await executor.close()
})
