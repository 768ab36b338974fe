import { expect, test } from 'vitest'
import { classificationMetrics } from '../../src/engine/metrics.ts'
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

test('a label that neither occurs nor is predicted does not pull macro F1 down, and no rows are fine', () => {
  const labels = ['a', 'b', 'never']
  expect(classificationMetrics({ truths: [0, 1], predictions: [0, 1], labels }).f1).toBe(1)
  expect(classificationMetrics({ truths: [], predictions: [], labels })).toMatchObject({ accuracy: 0, f1: 0 })
})

test('a number that is no label is a broken contract', () => {
  expect(() => classificationMetrics({ truths: [2], predictions: [0], labels: ['a', 'b'] })).toThrow(RangeError)
})
