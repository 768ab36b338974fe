import { expect, test } from 'vitest'
import {
  ARGUMENT_CHANGES,
  changeOf,
  compareVersions,
  understands,
} from '../../src/diagnosis/catalogue/argument-changes.ts'
import { explain } from '../../src/diagnosis/explain.ts'

const refused = (name: string, transformers?: string) =>
  explain({
    text: `TypeError: TrainingArguments.__init__() got an unexpected keyword argument '${name}'`,
    facts: transformers === undefined ? {} : { versions: { transformers } },
  })

test('29 arguments left with transformers 5', () => {
  const left = ARGUMENT_CHANGES.filter((change) => change.until === '5.0')
  expect(left).toHaveLength(29)
})

test('versions are compared by their numbers', () => {
  expect(compareVersions('4.9.2', '4.41')).toBeLessThan(0)
  expect(compareVersions('5.0.0.dev0', '5.0')).toBe(0)
  expect(compareVersions('4.57.6', '4.57')).toBeGreaterThan(0)
})

test('what a version understands is read from the table', () => {
  const named = (name: string) => ARGUMENT_CHANGES.find((change) => change.name === name)
  const ratio = named('warmup_ratio')
  expect(ratio && understands(ratio, '4.57.6')).toBe(true)
  expect(ratio && understands(ratio, '5.18.0')).toBe(false)
  expect(changeOf('warmup_ratio', '4.57.6')).toBeNull()
  expect(changeOf('train_sampling_strategy', '4.57.6')?.advice).toContain('group_by_length')
})

test('the fix is keyed by version: a name of 5 is not offered to 4', () => {
  expect(refused('warmup_ratio', '5.18.0')?.fixes[0]?.label).toContain('warmup_steps')
  expect(refused('train_sampling_strategy', '4.57.6')?.fixes[0]?.label).toContain('group_by_length')
  expect(refused('eval_strategy', '4.38.0')?.fixes[1]?.label).toContain('evaluation_strategy')
})

test('every name of the table has an answer', () => {
  for (const { name } of ARGUMENT_CHANGES) {
    const found = refused(name)
    expect(found, name).not.toBeNull()
    expect(found?.fixes.length, name).toBeGreaterThan(0)
  }
})
