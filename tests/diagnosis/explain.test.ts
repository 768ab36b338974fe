import { expect, test } from 'vitest'
import { explain } from '../../src/diagnosis/explain.ts'

const OUT_OF_MEMORY = `Traceback (most recent call last):
  File "/home/ada/train.py", line 31, in main
    trainer.train()
  File "/opt/venv/lib/python3.11/site-packages/transformers/trainer.py", line 2245, in train
    return inner_training_loop(
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 96.00 MiB. GPU 0 has a total capacity of 23.57 GiB of which 40.56 MiB is free.`

test('the out-of-memory fix halves the batch and keeps the rows of an update', () => {
  const args = { per_device_train_batch_size: 64, gradient_accumulation_steps: 1, max_length: 512 }
  const found = explain({ text: OUT_OF_MEMORY, facts: { args } })
  expect(found?.code).toBe('FT-OOM-TRAIN')
  expect(found?.where).toBe('ada/train.py:31 in main')
  expect(found?.why).toContain('64 × 512 tokens')
  expect(found?.why).toContain('40.56 MiB of 23.57 GiB was free')
  expect(found?.fixes[0]).toMatchObject({
    applicability: 'apply',
    change: { per_device_train_batch_size: 32, gradient_accumulation_steps: 2 },
    keeps_effective_batch: true,
    changes_result: false,
  })
})

test('an ordinary log has no cause', () => {
  expect(explain({ text: "{'loss': 0.41, 'grad_norm': 1.9, 'learning_rate': 1e-05, 'epoch': 0.5}\n" })).toBeNull()
})
