import type { Arguments } from '../run/arguments.ts'

/** How many updates a run makes, and how they lie in its epochs. */
export interface Plan {
  batchesPerEpoch: number
  stepsPerEpoch: number
  totalSteps: number
  /** Rows that the run reads, as Trainer counts them for its samples a second. */
  samples: number
}

/** As Trainer.set_initial_training_values: the last small batch is kept, and max_steps overrides the epochs. */
export function planOf({ rows, args }: { rows: number; args: Arguments }): Plan {
  const { per_device_train_batch_size: batch, gradient_accumulation_steps: accumulation } = args
  const batchesPerEpoch = Math.ceil(rows / batch)
  const stepsPerEpoch = Math.max(1, Math.ceil(batchesPerEpoch / accumulation))
  const byEpochs = Math.ceil(args.num_train_epochs * stepsPerEpoch)
  return args.max_steps > 0
    ? { batchesPerEpoch, stepsPerEpoch, totalSteps: args.max_steps, samples: args.max_steps * batch * accumulation }
    : { batchesPerEpoch, stepsPerEpoch, totalSteps: byEpochs, samples: rows * args.num_train_epochs }
}

/** What is to be done after an update or at the end of an epoch. */
export interface Due {
  log: boolean
  evaluate: boolean
  save: boolean
}

export function isAnythingDue({ log, evaluate, save }: Due): boolean {
  return log || evaluate || save
}

/** As DefaultFlowCallback.on_step_end; `step` counts from 1. */
export function dueAfterStep(step: number, { totalSteps }: Plan, args: Arguments): Due {
  const every = (strategy: Arguments['eval_strategy'], steps: number) => strategy === 'steps' && step % steps === 0
  const isLast = step >= totalSteps
  return {
    log: every(args.logging_strategy, args.logging_steps),
    evaluate:
      every(args.eval_strategy, args.eval_steps ?? args.logging_steps) || (isLast && args.eval_strategy === 'steps'),
    save: every(args.save_strategy, args.save_steps) || (isLast && args.save_strategy === 'steps'),
  }
}

/** As DefaultFlowCallback.on_epoch_end, which comes after an epoch that was cut short too. */
export function dueAfterEpoch({ logging_strategy, eval_strategy, save_strategy }: Arguments): Due {
  return { log: logging_strategy === 'epoch', evaluate: eval_strategy === 'epoch', save: save_strategy === 'epoch' }
}

/** The rows of an epoch in the batches of each update: updates of batches of places in the dataset. */
export function* updatesOf(order: Uint32Array, args: Arguments): Generator<Uint32Array[]> {
  const { per_device_train_batch_size: batch, gradient_accumulation_steps: accumulation } = args
  for (let start = 0; start < order.length; start += batch * accumulation) {
    const rows = order.subarray(start, start + batch * accumulation)
    yield Array.from({ length: Math.ceil(rows.length / batch) }, (_, i) => rows.subarray(i * batch, (i + 1) * batch))
  }
}
