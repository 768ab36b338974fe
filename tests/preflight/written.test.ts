import { expect, test } from 'vitest'
import { readWritten } from '../../src/preflight/written.ts'

test.each([
  ['overwrite_output_dir true', '`overwrite_output_dir`: leave it out; resume_from_checkpoint decides'],
  ['--no-cuda', '`no_cuda`, now `use_cpu`. Runs here have neither: leave it out.'],
  ['group_by_length=true', 'now `train_sampling_strategy`'],
  ['true save_safetensors', 'weights are always saved as safetensors'],
  ['logging_dir: runs', 'TENSORBOARD_LOGGING_DIR'],
])('what transformers removed is answered with what takes its place: %s', (line, said) => {
  const read = readWritten(`lr 3e-5, ${line}; 3 epochs`)
  expect(read.args).toEqual({ learning_rate: 3e-5, num_train_epochs: 3 })
  expect(read.refused).toHaveLength(1)
  expect(read.refused[0]).toContain('transformers 5.0 removed')
  expect(read.refused[0]).toContain(said)
})

test('what is known under another name is renamed, what is not known stays not understood', () => {
  const read = readWritten('evaluation_strategy epoch, lernrate 3, use_cache true')
  expect(read.args).toEqual({ eval_strategy: 'epoch' })
  expect(read.notices).toEqual(['`evaluation_strategy` → `eval_strategy` (renamed in transformers 4.46)'])
  expect(read.refused.map((each) => each.replace(/ was not understood.*/, ''))).toEqual([
    '`lernrate 3`',
    '`use_cache true`',
  ])
})
