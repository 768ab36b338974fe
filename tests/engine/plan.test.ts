import { describe, expect, it } from 'vitest'
import { dueAfterEpoch, dueAfterStep, planOf, updatesOf } from '../../src/engine/plan.ts'
import { DEFAULTS } from '../../src/run/arguments.ts'

describe('how many updates a run makes', () => {
  it('keeps the last small batch and the last small accumulation', () => {
    const args = { ...DEFAULTS, per_device_train_batch_size: 8, gradient_accumulation_steps: 4, num_train_epochs: 3 }
    expect(planOf({ rows: 42, args })).toEqual({ batchesPerEpoch: 6, stepsPerEpoch: 2, totalSteps: 6, samples: 126 })
    const updates = [
      ...updatesOf(
        Uint32Array.from({ length: 42 }, (_, i) => i),
        args,
      ),
    ]
    expect(updates.map((batches) => batches.map(({ length }) => length))).toEqual([
      [8, 8, 8, 8],
      [8, 2],
    ])
  })

  it('cuts the last epoch short for a fraction of one, and max_steps overrides the epochs', () => {
    expect(planOf({ rows: 80, args: { ...DEFAULTS, num_train_epochs: 1.25 } }).totalSteps).toBe(13)
    const plan = planOf({ rows: 80, args: { ...DEFAULTS, max_steps: 7 } })
    expect(plan.totalSteps).toBe(7)
    expect(plan.samples).toBe(56)
  })
})

describe('what is due', () => {
  const plan = { batchesPerEpoch: 5, stepsPerEpoch: 5, totalSteps: 10, samples: 80 }

  it('evaluates and saves by steps, and once more at the last one', () => {
    const args = { ...DEFAULTS, logging_steps: 2, eval_strategy: 'steps', save_steps: 4 } as const
    const due = (step: number) => dueAfterStep(step, plan, args)
    expect(due(2)).toEqual({ log: true, evaluate: true, save: false })
    expect(due(3)).toEqual({ log: false, evaluate: false, save: false })
    expect(due(4)).toEqual({ log: true, evaluate: true, save: true })
    expect(dueAfterStep(9, { ...plan, totalSteps: 9 }, args)).toEqual({ log: false, evaluate: true, save: true })
    expect(dueAfterEpoch(args)).toEqual({ log: false, evaluate: false, save: false })
  })

  it('does by epoch what is asked for by epoch', () => {
    const args = { ...DEFAULTS, logging_strategy: 'epoch', eval_strategy: 'epoch', save_strategy: 'epoch' } as const
    expect(dueAfterStep(10, plan, args)).toEqual({ log: false, evaluate: false, save: false })
    expect(dueAfterEpoch(args)).toEqual({ log: true, evaluate: true, save: true })
  })
})
