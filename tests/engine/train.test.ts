import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { readSafetensors } from '../../src/engine/safetensors.ts'
import { train } from '../../src/engine/train.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import type { EventOf, EventType } from '../../src/run/events.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRows, writeRun, writeTinyModel } from './run-folder.ts'

const root = testFolder()
beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  writeRows(join(root, 'datasets', 'rows.jsonl'))
})

let count = 0
async function runWith(args: Partial<Arguments>) {
  const folder = writeRun({ root, name: `run-${++count}`, args })
  const code = await train({ folder, env: {} })
  const events = readEvents(folder)
  const of = <Type extends EventType>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type)
  return { folder, code, events, of }
}
const checkpoints = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('checkpoint-'))
    .sort()

describe('a run', () => {
  it('tells what happens in order, and leaves a model', async () => {
    const { folder, code, events, of } = await runWith({
      eval_strategy: 'epoch',
      save_strategy: 'epoch',
      eval_on_start: true,
      num_train_epochs: 2,
    })
    expect(code).toBe(0)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
    expect(events[0]?.type).toBe('executor')
    expect(of('executor')[0]?.others.map(({ name }) => name)).toContain('cuda')
    expect(of('data')[0]).toMatchObject({
      train_rows: 24,
      eval_rows: 12,
      labels: expect.arrayContaining(['good', 'bad']) as string[],
    })
    expect(of('compiled')[0]?.seconds).toBeGreaterThan(0)
    expect(of('compiled')[0]).not.toHaveProperty('kernels')
    expect(of('plan')[0]).toMatchObject({ total_steps: 6, steps_per_epoch: 3, parameters: 202_418 })
    expect(of('plan')[0]?.new_weights).toEqual([
      'pre_classifier.weight',
      'pre_classifier.bias',
      'classifier.weight',
      'classifier.bias',
    ])
    expect(of('log').map(({ step, epoch }) => [step, epoch])).toEqual(
      [1, 2, 3, 4, 5, 6].map((step) => [step, Math.floor((step - 1) / 3) + (1 + ((step - 1) % 3)) / 3]),
    )
    expect(of('eval').map(({ step }) => step)).toEqual([0, 3, 6])
    expect(of('checkpoint').map(({ step }) => step)).toEqual([3, 6])
    expect(checkpoints(folder)).toEqual(['checkpoint-3', 'checkpoint-6'])

    const done = of('done')[0]
    const losses = of('log').map(({ loss }) => Number(loss))
    expect(done).toMatchObject({ step: 6, epoch: 2, best_step: null })
    expect(Number(done?.train_loss)).toBeCloseTo(losses.reduce((a, b) => a + b) / 6, 10)
    expect(done?.metrics).toEqual({
      eval_loss: of('eval')[2]?.eval_loss,
      eval_accuracy: of('eval')[2]?.eval_accuracy,
      eval_f1: of('eval')[2]?.eval_f1,
    })
    for (const file of [
      'config.json',
      'model.safetensors',
      'tokenizer.json',
      'trainer_state.json',
      'README.md',
      'onnx/model.onnx',
    ]) {
      expect(existsSync(join(folder, 'model', file)), file).toBe(true)
    }
    // What the last checkpoint holds is what model/ holds.
    const [saved, last] = await Promise.all(
      ['model', 'checkpoint-6'].map((name) => readSafetensors({ path: join(folder, name, 'model.safetensors') })),
    )
    expect(saved).toEqual(last)
  })

  it('ends with the best checkpoint where that is asked for, and keeps no more than it should', async () => {
    const { folder, of } = await runWith({
      eval_strategy: 'steps',
      eval_steps: 1,
      save_strategy: 'steps',
      save_steps: 1,
      save_total_limit: 1,
      load_best_model_at_end: true,
      metric_for_best_model: 'loss',
      greater_is_better: true,
      learning_rate: 0.02,
      max_steps: 4,
    })
    const losses = of('eval').map(({ eval_loss }) => Number(eval_loss))
    // Falling losses: the best by this upside-down measure is not the last.
    const best = 1 + losses.indexOf(Math.max(...losses))
    expect(best).toBeLessThan(4)
    expect(of('done')[0]?.best_step).toBe(best)
    expect(of('done')[0]?.metrics.eval_loss).toBe(Math.max(...losses))
    expect(checkpoints(folder)).toEqual([...new Set([`checkpoint-${best}`, 'checkpoint-4'])].sort())
    const [saved, kept] = await Promise.all(
      ['model', `checkpoint-${best}`].map((name) => readSafetensors({ path: join(folder, name, 'model.safetensors') })),
    )
    expect(saved).toEqual(kept)
  })

  it('ends early when evaluations get no better', async () => {
    const { of } = await runWith({
      eval_strategy: 'steps',
      eval_steps: 1,
      early_stopping_patience: 2,
      metric_for_best_model: 'accuracy',
      learning_rate: 1e-12,
      max_steps: 50,
    })
    expect(of('done')[0]?.step).toBe(3)
  })

  it('is the same to the bit when it is run again, dropout and all', async () => {
    const [first, second] = [await runWith({}), await runWith({})]
    const numbers = (run: typeof first) => run.of('log').map(({ loss, grad_norm }) => [loss, grad_norm])
    expect(numbers(second)).toEqual(numbers(first))
    const other = await runWith({ seed: 43 })
    expect(numbers(other)).not.toEqual(numbers(first))
  })
})
