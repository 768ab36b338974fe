import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { type Classifier, loadClassifier } from '../../src/engine/predict.ts'
import { train } from '../../src/engine/train.ts'
import type { EventOf, EventType } from '../../src/run/events.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRun, writeTinyModel } from './run-folder.ts'

const root = testFolder()
const words = ['lunch', 'meeting', 'prize', 'winner', 'report', 'cheap', 'friend', 'offer']
const write = (name: string, rows: readonly object[]) =>
  writeFileSync(join(root, 'datasets', name), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
const textAt = (i: number) => `${words[i % 8] ?? ''} ${words[(3 * i + 1) % 8] ?? ''}`

beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  const rows = Array.from({ length: 36 }, (_, i) => i)
  write(
    'several.jsonl',
    rows.map((i) => ({ text: textAt(i), label: [words[i % 8], ...(i % 3 ? ['often'] : [])] })),
  )
  write(
    'number.jsonl',
    rows.map((i) => ({ text: textAt(i), label: (i % 8) / 2 - 1.25 })),
  )
  write(
    'thousand.jsonl',
    Array.from({ length: 1500 }, (_, i) => ({ text: textAt(i), label: `label ${i % 1000}` })),
  )
})

async function finished(name: string, run: Omit<Parameters<typeof writeRun>[0], 'root' | 'name'>) {
  const folder = writeRun({ root, name, ...run })
  const code = await train({ folder, env: {} })
  const events = readEvents(folder)
  const of = <Type extends EventType>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type)
  const file = (path: string) => readFileSync(join(folder, 'model', path), 'utf8')
  return { code, folder, of, file, last: events.at(-1) }
}

describe('several labels a row', () => {
  let run: Awaited<ReturnType<typeof finished>>
  let classifier: Classifier
  beforeAll(async () => {
    run = await finished('several', {
      dataset: 'several.jsonl',
      args: { eval_strategy: 'epoch', learning_rate: 5e-3, num_train_epochs: 8 },
    })
    classifier = await loadClassifier({ folder: join(run.folder, 'model') })
  })
  afterAll(() => classifier.close())

  it('are found, counted and measured', () => {
    expect(run.code).toBe(0)
    expect(run.of('data')).toMatchObject([
      { problem_type: 'multi_label_classification', labels: [...words, 'often'].sort() },
    ])
    const counts = run.of('data')[0]?.label_counts ?? []
    expect(counts.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(24)
    const last = run.of('eval').at(-1)
    expect(last?.rows).toBe(12)
    expect(last?.per_label).toHaveLength(9)
    expect(last?.confusion).toBeUndefined()
    // "often" stands in two of three rows: a head that learned anything says it.
    expect(last?.eval_f1).toBeGreaterThan(0.4)
    expect(last?.eval_f1).not.toBe(last?.eval_accuracy)
    expect(Object.keys(run.of('done')[0]?.metrics ?? {})).toEqual(['eval_loss', 'eval_f1', 'eval_accuracy'])
    const [first] = run.of('log')
    expect(Number(first?.loss)).toBeCloseTo(Math.LN2, 2)
  })

  it('are in config.json and the model card', () => {
    const config = JSON.parse(run.file('config.json')) as Record<string, unknown>
    expect(config.problem_type).toBe('multi_label_classification')
    expect(config.id2label).toMatchObject({ 0: 'cheap', 4: 'offer', 5: 'often' })
    expect(run.file('README.md')).toMatch(/- Loss: .*\n- F1: .*\n- Accuracy: /)
  })

  it('each have a probability of their own', async () => {
    const [answer = []] = await classifier.classify(['lunch meeting'])
    expect(classifier.problem_type).toBe('multi_label_classification')
    expect(answer).toHaveLength(9)
    expect(answer[0]).toMatchObject({ label: 'often' })
    expect(answer[0]?.score).toBeGreaterThan(0.5)
    expect(answer.reduce((sum, { score }) => sum + score, 0)).not.toBeCloseTo(1, 2)
  })
})

describe('a number', () => {
  let run: Awaited<ReturnType<typeof finished>>
  beforeAll(async () => {
    run = await finished('number', {
      dataset: 'number.jsonl',
      args: { eval_strategy: 'epoch', learning_rate: 5e-3, num_train_epochs: 8 },
    })
  })

  it('is learned and measured', () => {
    expect(run.code).toBe(0)
    expect(run.of('data')).toMatchObject([{ problem_type: 'regression', labels: [], label_counts: [] }])
    const last = run.of('eval').at(-1)
    expect(last?.eval_mse).toBeCloseTo(Number(last?.eval_loss), 5)
    expect(last?.eval_accuracy).toBeUndefined()
    expect(Number(last?.eval_mse)).toBeLessThan(Number(run.of('eval')[0]?.eval_mse))
    expect(Object.keys(run.of('done')[0]?.metrics ?? {})).toEqual(['eval_loss', 'eval_mse', 'eval_mae', 'eval_pearson'])
  })

  it('has one output without a name', () => {
    expect(JSON.parse(run.file('config.json'))).toMatchObject({
      problem_type: 'regression',
      id2label: { 0: 'LABEL_0' },
      label2id: { LABEL_0: 0 },
    })
    expect(run.file('README.md')).toMatch(/- Loss: .*\n- Mse: .*\n- Mae: .*\n- Pearson: /)
    expect(JSON.parse(run.file('trainer_state.json'))).toMatchObject({
      log_history: expect.arrayContaining([
        expect.objectContaining({ eval_mse: expect.any(Number) as number }),
      ]) as unknown,
    })
  })

  it('is what the model answers, and no probability', async () => {
    const classifier = await loadClassifier({ folder: join(run.folder, 'model') })
    const rows = readFileSync(join(root, 'datasets', 'number.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { text: string; label: number })
    const answers = await classifier.classify(rows.map(({ text }) => text))
    const squares = rows.map(({ label }, i) => ((answers[i]?.[0]?.score ?? NaN) - label) ** 2)
    // Over all rows; the engine's own is over a third of them.
    const mse = squares.reduce((sum, square) => sum + square, 0) / rows.length
    expect(classifier.problem_type).toBe('regression')
    expect(answers[0]).toHaveLength(1)
    expect(new Set(answers.map(([answer]) => answer?.score.toFixed(3))).size).toBeGreaterThan(1)
    expect(mse).toBeLessThan(2 * Number(run.of('eval').at(-1)?.eval_mse))
    await classifier.close()
  })
})

it('1000 labels are learned, and what the events say of them stays small', async () => {
  const { code, folder, of } = await finished('thousand', {
    dataset: 'thousand.jsonl',
    args: { eval_strategy: 'epoch', max_steps: 2, max_eval_samples: 300 },
  })
  expect(code).toBe(0)
  const [row] = of('eval')
  expect(row?.per_label).toHaveLength(1000)
  expect(row?.confusion).toBeUndefined()
  expect(row?.confused?.length).toBeGreaterThan(0)
  expect(readFileSync(join(folder, 'events.jsonl')).length).toBeLessThan(400_000)
})

describe('what cannot be learned is refused before the first step', () => {
  beforeEach(() => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    return () => vi.restoreAllMocks()
  })
  it.each([
    { dataset: 'several.jsonl', args: { label_smoothing_factor: 0.1 }, code: 'label-smoothing' },
    {
      dataset: 'number.jsonl',
      args: { metric_for_best_model: 'accuracy', eval_strategy: 'epoch' },
      code: 'metric-for-best-model',
    },
    { dataset: 'several.jsonl', args: { problem_type: 'regression' }, code: 'dataset-label' },
    { dataset: 'number.jsonl', args: { problem_type: 'single_label_classification' }, code: 'dataset-label' },
  ] as const)('$dataset with $args', async ({ code, ...run }) => {
    const { last, code: exit } = await finished(`refused-${run.dataset}-${code}`, run)
    expect(last).toMatchObject({ type: 'failed', code, step: 0 })
    expect(exit).toBe(65)
  })
})
