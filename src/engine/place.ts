import type { Arguments } from '../run/arguments.ts'
import type { TrainingState } from './checkpoint.ts'
import type { Plan } from './plan.ts'
import { rateAt } from './schedule.ts'
import type { FlopTally } from './tally.ts'

/** Where the loop is: what a checkpoint needs besides tensors, to go on as if it had never stopped. */
export interface Place extends Pick<
  TrainingState,
  'step' | 'epoch' | 'order' | 'owed' | 'last' | 'tokens' | 'scheduler'
> {
  total_flos: number
}

/** Where the loop begins: at the beginning, or where a checkpoint was written. */
export function placeAtStart({
  from,
  plan,
  args,
  flops,
}: {
  from: TrainingState | null
  plan: Plan
  args: Arguments
  flops: FlopTally
}): Place {
  const total_flos = flops.total()
  if (from) {
    const { step, epoch, order, owed, last, tokens, scheduler } = from
    return { step, epoch, order, owed, last, tokens, scheduler, total_flos }
  }
  return {
    step: 0,
    epoch: 0,
    order: { seed: args.data_seed ?? args.seed, epoch: 0, position: 0 },
    owed: args.eval_on_start ? { log: false, evaluate: true, save: false } : null,
    last: null,
    tokens: 0,
    scheduler: { last_step: 0, learning_rate: rateAt(0, plan.totalSteps, args) },
    total_flos,
  }
}

/** Moves on by the update that has just been asked for, of so many rows. Where the schedule is, is known when it is made. */
export function moveOn(
  place: Place,
  { rows, plan, args, flops }: { rows: number; plan: Plan; args: Arguments; flops: FlopTally },
): void {
  const { seed, epoch, position } = place.order
  place.step++
  place.order = { seed, epoch, position: position + rows }
  place.epoch = epoch + Math.ceil((position + rows) / args.per_device_train_batch_size) / plan.batchesPerEpoch
  place.tokens = flops.tokens()
  place.total_flos = flops.total()
}
