import { describe, expect, test } from 'vitest'
import { DEFAULTS } from '../../src/run/arguments.ts'
import { parseFreeLine, writeFreeLine } from '../../src/run/free-line.ts'

describe('a free line is read into names', () => {
  test.each([
    ['lr 3e-5, 3 epochs, batch 32', { learning_rate: 3e-5, num_train_epochs: 3, per_device_train_batch_size: 32 }],
    ['learning_rate=1e-4; max_length: 256', { learning_rate: 1e-4, max_length: 256 }],
    ['--per-device-train-batch-size 4', { per_device_train_batch_size: 4 }],
    ['batch size 8', { per_device_train_batch_size: 8 }],
    ['load_best_model_at_end true\nsave_total_limit none', { load_best_model_at_end: true, save_total_limit: null }],
    ['lr_scheduler_type cosine', { lr_scheduler_type: 'cosine' }],
    ['text_column review', { text_column: 'review' }],
    ['', {}],
    [' , ,', {}],
  ])('%s', (line, args) => {
    expect(parseFreeLine(line)).toEqual({ args, notices: [], refused: [] })
  })

  test('an old name is understood, renamed and said', () => {
    const { args, notices } = parseFreeLine('evaluation_strategy epoch')
    expect(args).toEqual({ eval_strategy: 'epoch' })
    expect(notices).toEqual(['`evaluation_strategy` → `eval_strategy` (renamed in transformers 4.46)'])
  })
})

describe('what is not understood is refused, never guessed', () => {
  test.each([
    ['learnig_rate 3e-5', /learnig_rate.*Did you mean `learning_rate` \(Peak step size of AdamW\)\?$/],
    ['make it good', /`make it good` was not understood\. Write it as `name value`\.$/],
    ['lr fast', /`learning_rate` takes a number above 0.*got `fast`/],
    ['learning_rate 5', /`learning_rate` takes a number above 0 and at most 1.*got `5`/],
    ['3 bananas', /`3 bananas` was not understood\. There is no argument `bananas`\.$/],
    ['epochs 0', /`num_train_epochs` takes.*got `0`/],
    ['batch 2.5', /`per_device_train_batch_size` takes a whole number/],
    ['seed 99999999999', /`seed` takes/],
  ])('%s', (line, reason) => {
    const { args, refused } = parseFreeLine(line)
    expect(args).toEqual({})
    expect(refused).toHaveLength(1)
    expect(refused[0]).toMatch(reason)
  })

  test('one bad word does not lose the good ones', () => {
    const { args, refused } = parseFreeLine('lr 3e-5, colour blue, 2 epochs')
    expect(args).toEqual({ learning_rate: 3e-5, num_train_epochs: 2 })
    expect(refused).toHaveLength(1)
  })
})

test('what is written reads back to the same arguments', () => {
  const { text_column, label_column, metric_for_best_model, ...rest } = DEFAULTS
  const all = { ...rest, learning_rate: 2e-5, adam_epsilon: 1e-8, eval_strategy: 'epoch' } as const
  expect(parseFreeLine(writeFreeLine(all))).toEqual({ args: all, notices: [], refused: [] })
  expect([text_column, label_column, metric_for_best_model]).toEqual([null, null, null])
})
