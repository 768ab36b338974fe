import { expect, test } from 'vitest'
import { explain } from '../../src/diagnosis/explain.ts'
import { outOfMemory } from '../../src/engine/executors/cuda/run/out-of-memory.ts'
import { failureOf, notFinite, RunFailure } from '../../src/engine/failure.ts'
import { type Arguments, DEFAULTS } from '../../src/run/arguments.ts'

const GIB = 2 ** 30

/** How a failure of the engine is explained, in a run with these arguments. */
function explained(thrown: unknown, changed: Partial<Arguments> = {}, phase: 'running' | 'evaluating' = 'running') {
  const { code, message, remedy, trace } = failureOf(thrown)
  const args = { ...DEFAULTS, ...changed }
  const facts = { args, engineCode: code, engineRemedy: remedy, phase }
  const found = explain({ text: `${trace}\n${message}`, facts })
  return {
    remedy,
    labels: found?.fixes.map(({ label }) => label) ?? [],
    changes: found?.fixes.map((fix) => fix.change),
  }
}

const planned = (fits: number | null, checkpointed: boolean) =>
  outOfMemory({ needed: 90 * GIB, free: 70 * GIB, total: 80 * GIB, fits, checkpointed })

test('what a button does is not said once more in words', () => {
  for (const thrown of [
    new Error('std::bad_alloc'),
    planned(4, true),
    notFinite({ step: 8, loss: NaN, learning_rate: 1, args: DEFAULTS }),
    Object.assign(new Error('no space left'), { code: 'ENOSPC' }),
  ]) {
    const { remedy, labels } = explained(thrown)
    expect(remedy).not.toBeNull()
    expect(labels).not.toContain(remedy)
  }
})

test('of a plan that does not fit into a GPU, the button takes the batch that does', () => {
  const { changes } = explained(planned(24, true), { per_device_train_batch_size: 64 })
  expect(changes?.slice(0, 2)).toEqual([
    { per_device_train_batch_size: 24, gradient_accumulation_steps: 3 },
    { gradient_checkpointing: true },
  ])
  expect(explained(planned(24, false), { per_device_train_batch_size: 64 }).changes?.[1]).toBeUndefined()
  const none = explained(planned(null, false), { per_device_train_batch_size: 64, max_length: 512 })
  expect(none.changes?.filter((change) => change !== undefined)).toEqual([{ max_length: 256 }])
  expect(none.labels).toContain('See who else holds the GPU memory')
})

test('rows of an evaluation are not to blame while it trains', () => {
  const thrown = new Error('std::bad_alloc')
  const rows = (phase: 'running' | 'evaluating') =>
    explained(thrown, {}, phase).changes?.findIndex((change) => change?.per_device_eval_batch_size !== undefined)
  expect(rows('running')).toBe(-1)
  expect(rows('evaluating')).toBe(0)
})

test('a loss that is no number is not laid on a precision that the run does not have', () => {
  const thrown = notFinite({ step: 8, loss: NaN, learning_rate: 1e-4, args: DEFAULTS })
  expect(explained(thrown, { learning_rate: 1e-4 }).labels.join()).not.toContain('fp16')
  expect(explained(thrown, { fp16: true }).labels.join()).toContain('fp16')
  expect(explained(thrown, { max_grad_norm: 0 }).changes).toContainEqual({ max_grad_norm: 1 })
})

test('a process that is killed without a word: memory is likely, not certain', () => {
  const found = explain({ text: '', facts: { signal: 'SIGKILL', args: { per_device_train_batch_size: 16 } } })
  expect(found?.title).toContain('Most likely')
  expect(found?.why).toContain('a person who kills it looks the same')
  // What mends a run of this engine, not what mends a script with workers.
  expect(found?.fixes.map(({ label }) => label).join()).not.toMatch(/num_workers|preprocess_logits/)
  expect(found?.fixes[1]?.change).toEqual({ per_device_train_batch_size: 8, gradient_accumulation_steps: 2 })
  const certain = explain({ text: 'Out of memory: Killed process 42 (node) total-vm:9000kB' })
  expect(certain?.why).toContain('because the memory of the machine')
  const refused = explain({ text: 'MemoryError: Unable to allocate 9.6 GiB for an array with shape (1, 2)' })
  expect(refused?.why).not.toContain('SIGKILL')
})

test('an executor that is asked for and cannot run here need not be asked for', () => {
  const thrown = new RunFailure({
    code: 'no-executor',
    exit: 'unavailable',
    message: 'FINETUNE_EXECUTOR says cuda, and it cannot run here: there is no NVIDIA driver (libcuda.so.1).',
    remedy: 'Install the driver.',
  })
  expect(explained(thrown).labels[1]).toContain('take FINETUNE_EXECUTOR out of .env')
})
