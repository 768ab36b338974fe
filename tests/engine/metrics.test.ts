import { expect, test } from 'vitest'
import { classificationMetrics, mostConfused, multiLabelMetrics, regressionMetrics } from '../../src/engine/metrics.ts'
import { vectors } from './golden.ts'

test('accuracy and macro F1 are those of the golden rows', () => {
  const { truths, predictions, accuracy, macro } = vectors.f1
  const metrics = classificationMetrics({ predictions, truths, labels: ['a', 'b', 'c', 'd'] })
  expect(metrics.accuracy).toBeCloseTo(accuracy, 12)
  expect(metrics.f1).toBeCloseTo(macro, 12)
})

test('each label, and what was taken for what', () => {
  const metrics = classificationMetrics({
    truths: Int32Array.of(0, 0, 0, 1, 1),
    predictions: Int32Array.of(0, 0, 1, 1, 0),
    labels: ['ham', 'spam'],
  })
  expect(metrics.confusion).toEqual([
    [2, 1],
    [1, 1],
  ])
  expect(metrics.per_label).toEqual([
    { label: 'ham', precision: 2 / 3, recall: 2 / 3, f1: 2 / 3, support: 3 },
    { label: 'spam', precision: 0.5, recall: 0.5, f1: 0.5, support: 2 },
  ])
  expect(metrics.f1).toBeCloseTo((2 / 3 + 0.5) / 2, 12)
})

test('precision is of what was said, recall of what is true', () => {
  const { per_label } = classificationMetrics({
    truths: [0, 0, 0, 1],
    predictions: [0, 1, 1, 1],
    labels: ['ham', 'spam'],
  })
  expect(per_label).toEqual([
    { label: 'ham', precision: 1, recall: 1 / 3, f1: 0.5, support: 3 },
    { label: 'spam', precision: 1 / 3, recall: 1, f1: 0.5, support: 1 },
  ])
})

test('what is said and never true counts in macro F1, as scikit-learn has it', () => {
  const labels = ['a', 'b']
  expect(classificationMetrics({ truths: [0, 0], predictions: [0, 1], labels }).f1).toBeCloseTo(1 / 3, 12)
})

test('what is confused most often comes first, and what is right is not confused', () => {
  const confusion = [
    [9, 1, 0],
    [4, 9, 2],
    [0, 0, 9],
  ]
  const named = mostConfused(confusion, ['a', 'b', 'c']).map(({ truth, said, rows }) => [truth, said, rows])
  expect(named).toEqual([
    ['b', 'a', 4],
    ['b', 'c', 2],
    ['a', 'b', 1],
  ])
  expect(mostConfused(confusion, ['a', 'b', 'c'], 1)).toHaveLength(1)
})

test('a row with several labels is right with all of them and no other', () => {
  const made = multiLabelMetrics({
    truths: [[0], [0, 1], [0, 1], []],
    predictions: [[0, 1], [0], [1, 0], []],
    labels: ['a', 'b'],
  })
  expect(made.accuracy).toBe(0.5)
  expect(made.f1).toBeCloseTo((2 * 4) / (5 + 5), 12)
  expect(made.per_label[1]).toEqual({ label: 'b', precision: 0.5, recall: 0.5, f1: 0.5, support: 2 })
})

test('numbers are measured by how far they are off, and whether they rise together', () => {
  const { mse, mae, pearson } = regressionMetrics({ predictions: [1, 2, 5], truths: [2, 2, 2.5] })
  expect([mse, mae]).toEqual([(1 + 0 + 6.25) / 3, (1 + 0 + 2.5) / 3])
  expect(pearson).toBeCloseTo(0.97073, 5)
  expect(regressionMetrics({ predictions: [3, 2, 1], truths: [1, 2, 3] }).pearson).toBeCloseTo(-1, 12)
  expect(regressionMetrics({ predictions: [1, 1], truths: [1, 2] }).pearson).toBe(0)
})

test('a label that neither occurs nor is predicted does not pull macro F1 down, and no rows are fine', () => {
  const labels = ['a', 'b', 'never']
  expect(classificationMetrics({ truths: [0, 1], predictions: [0, 1], labels }).f1).toBe(1)
  expect(classificationMetrics({ truths: [], predictions: [], labels })).toMatchObject({ accuracy: 0, f1: 0 })
})

test('a number that is no label is a broken contract', () => {
  expect(() => classificationMetrics({ truths: [2], predictions: [0], labels: ['a', 'b'] })).toThrow(RangeError)
})
