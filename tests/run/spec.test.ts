import { describe, expect, test } from 'vitest'
import { ARGUMENT_NAMES, ARGUMENTS, DEFAULTS } from '../../src/run/arguments.ts'
import { buildSpec, changedArguments, checkSpec, RunSpec, writeValue } from '../../src/run/spec.ts'
import { UserError } from '../../src/user-error.ts'

const names = { model: 'builtin/encoder', dataset: 'builtin/emails' }

test('every default is a value that its own argument takes', () => {
  for (const name of ARGUMENT_NAMES) {
    expect(ARGUMENTS[name].schema.safeParse(DEFAULTS[name]).success, name).toBe(true)
  }
})

test('a spec has every argument, and survives JSON', () => {
  const spec = buildSpec({ ...names, args: { learning_rate: 1e-4 } })
  expect(Object.keys(spec.args).sort()).toEqual([...ARGUMENT_NAMES].sort())
  expect(RunSpec.parse(JSON.parse(JSON.stringify(spec)))).toEqual(spec)
  expect(changedArguments(spec.args)).toEqual(['learning_rate'])
})

test('a spec of before there was a Hub is as readable as one that names commits', () => {
  const before = buildSpec({ ...names, args: {} })
  expect(Object.keys(before)).toEqual(['model', 'dataset', 'args'])
  const pinned = { model_revision: 'a'.repeat(40), dataset_revision: 'b'.repeat(40), dataset_config_name: 'sst2' }
  const spec = buildSpec({ model: 'a/b', dataset: 'nyu-mll/glue', ...pinned, args: {} })
  expect(RunSpec.parse(JSON.parse(JSON.stringify(spec)))).toMatchObject(pinned)
  // Everything that makes a spec from a spec keeps them.
  expect(buildSpec({ ...spec, args: { ...spec.args, seed: 7 } })).toMatchObject(pinned)
})

describe('rules between arguments, as TrainingArguments checks them', () => {
  test.each([
    [{ load_best_model_at_end: true, eval_strategy: 'epoch' }, /to be the same/],
    [
      { load_best_model_at_end: true, eval_strategy: 'steps', eval_steps: 30, save_steps: 50 },
      /multiple of `eval_steps`/,
    ],
    [{ early_stopping_patience: 2 }, /needs evaluations/],
    [{ warmup_steps: 1.5 }, /whole number, or a share below 1/],
  ] as const)('%j', (args, reason) => {
    expect(() => buildSpec({ ...names, args })).toThrow(UserError)
    expect(() => buildSpec({ ...names, args })).toThrow(reason)
  })

  test('all problems are said at once', () => {
    const problems = checkSpec({ ...names, args: { ...DEFAULTS, learning_rate: 5, seed: -1, colour: 'blue' } })
    expect(problems.map((problem) => problem.name)).toEqual(['learning_rate', 'seed', 'colour'])
  })
})

test.each([
  [2e-5, '2e-05'],
  [1e-8, '1e-08'],
  [0.01, '0.01'],
  [0, '0'],
  [3, '3'],
  [null, 'none'],
  [true, 'true'],
])('%s is written %s', (value, text) => {
  expect(writeValue(value)).toBe(text)
})
