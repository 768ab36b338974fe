import { readView } from '../../storage/events.ts'
import { listRuns, type Run } from '../../storage/runs.ts'
import { planOf } from '../engine/plan.ts'
import { type Check, ok } from './check.ts'
import { trainRows } from './steps.ts'

/** Runs that are looked at; older ones may have been made by a slower version. */
const RUNS_ASKED = 30
const RUNS_USED = 3

/** How long it will take, from runs of the same shape on this host; nothing when there are none. */
export const timeCheck: Check = {
  name: 'time',
  look: async ({ run, database, inspection }) => {
    const found = await inspection
    if (!found) return null
    const alike = listRuns(database, { states: ['completed'], limit: RUNS_ASKED })
      .filter((other) => other.host === run.host && sameShape(other, run))
      .flatMap((other) => {
        const { end } = readView(database, other.id)
        return end?.type === 'done' && end.step > 0
          ? [{ id: other.id, secondsAStep: end.train_runtime / end.step }]
          : []
      })
      .slice(0, RUNS_USED)
    if (alike.length === 0) return null
    const { args } = run.spec
    const rows = trainRows(found, args)
    const mean = alike.reduce((sum, { secondsAStep }) => sum + secondsAStep, 0) / alike.length
    const seconds = mean * planOf({ rows, args }).totalSteps
    const from = alike.map(({ id }) => `#${id}`).join(', ')
    return ok(`about ${roughly(seconds)} on ${run.host} (from ${from})`)
  },
}

/** What decides how long a step takes. */
function sameShape(a: Run, b: Run): boolean {
  return (
    a.spec.model === b.spec.model &&
    a.spec.dataset === b.spec.dataset &&
    a.spec.args.per_device_train_batch_size === b.spec.args.per_device_train_batch_size &&
    a.spec.args.gradient_accumulation_steps === b.spec.args.gradient_accumulation_steps &&
    a.spec.args.max_length === b.spec.args.max_length &&
    a.spec.args.gradient_checkpointing === b.spec.args.gradient_checkpointing
  )
}

function roughly(seconds: number): string {
  if (seconds < 90) return `${Math.max(1, Math.round(seconds / 5) * 5)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return `${(seconds / 3600).toFixed(1)} h`
}
