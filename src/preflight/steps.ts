import type { Arguments } from '../run/arguments.ts'
import { type Check, ok } from './check.ts'

export interface PlannedSteps {
  perEpoch: number
  total: number
  /** Steps at which the model is evaluated. */
  evaluations: number[]
}

/** The steps that Trainer will take: a started batch counts, a started accumulation does too. */
export function planSteps({ rows, args }: { rows: number; args: Arguments }): PlannedSteps {
  const batches = Math.ceil(rows / args.per_device_train_batch_size)
  const perEpoch = Math.max(1, Math.ceil(batches / args.gradient_accumulation_steps))
  const total = args.max_steps > 0 ? args.max_steps : Math.ceil(args.num_train_epochs * perEpoch)
  return { perEpoch, total, evaluations: evaluationSteps({ perEpoch, total, args }) }
}

function evaluationSteps({ perEpoch, total, args }: { perEpoch: number; total: number; args: Arguments }): number[] {
  if (args.eval_strategy === 'no') return []
  const every = args.eval_strategy === 'epoch' ? perEpoch : (args.eval_steps ?? args.logging_steps)
  const regular = Array.from({ length: Math.floor(total / every) }, (_, index) => (index + 1) * every)
  // Training that ends inside of an epoch ends that epoch.
  return args.eval_strategy === 'epoch' && regular.at(-1) !== total ? [...regular, total] : regular
}

const EVALUATIONS_NAMED = 4

export const stepsCheck: Check = {
  name: 'steps',
  look: async ({ run, inspection }) => {
    const found = await inspection
    if (!found) return null
    const { args } = run.spec
    const rows = Math.min(found.train_rows, args.max_train_samples ?? Infinity)
    const { total, evaluations } = planSteps({ rows, args })
    const named = evaluations.slice(0, EVALUATIONS_NAMED).join(', ')
    const rest = evaluations.length - EVALUATIONS_NAMED
    const when =
      evaluations.length === 0 ? 'no evaluation' : `evaluation at ${named}${rest > 0 ? ` and ${rest} times more` : ''}`
    return ok(`${total} ${total === 1 ? 'step' : 'steps'}, ${when.replace(/, (\d+)$/, ' and $1')}`)
  },
}
