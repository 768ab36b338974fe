import { planOf } from '../engine/plan.ts'
import type { Arguments } from '../run/arguments.ts'
import { type Check, type Inspection, ok } from './check.ts'

const EVALUATIONS_NAMED = 4

/** Training rows that a run will use. */
export function trainRows(found: Inspection, args: Arguments): number {
  return Math.min(found.train_rows, args.max_train_samples ?? Infinity)
}

/** How often the model will be evaluated, and the first steps after which it is. The last step always counts. */
export function evaluations({ rows, args }: { rows: number; args: Arguments }): { count: number; first: number[] } {
  if (args.eval_strategy === 'no') return { count: 0, first: [] }
  const { stepsPerEpoch, totalSteps } = planOf({ rows, args })
  const every = args.eval_strategy === 'epoch' ? stepsPerEpoch : (args.eval_steps ?? args.logging_steps)
  const count = Math.ceil(totalSteps / every)
  const named = Math.min(count, EVALUATIONS_NAMED)
  return { count, first: Array.from({ length: named }, (_, index) => Math.min((index + 1) * every, totalSteps)) }
}

/** `250 steps, evaluation at 125 and 250`: the run in numbers, before it costs anything. */
export const stepsCheck: Check = {
  name: 'steps',
  look: async ({ run, inspection }) => {
    const found = await inspection
    if (!found) return null
    const { args } = run.spec
    const rows = trainRows(found, args)
    const { totalSteps } = planOf({ rows, args })
    return ok(`${totalSteps} ${totalSteps === 1 ? 'step' : 'steps'}, ${when(evaluations({ rows, args }))}`)
  },
}

function when({ count, first }: { count: number; first: readonly number[] }): string {
  if (count === 0) return 'no evaluation'
  const all = count > first.length ? [...first.map(String), `${count - first.length} more`] : first.map(String)
  return `evaluation at ${[all.slice(0, -1).join(', '), all.at(-1)].filter(Boolean).join(' and ')}`
}
