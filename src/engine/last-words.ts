import { measure } from '../run/events.ts'
import { METRICS } from '../run/problem-type.ts'
import { rounded } from './evaluate.ts'
import type { Place } from './place.ts'
import type { Plan } from './plan.ts'
import type { Work } from './save.ts'
import type { LossTally } from './tally.ts'
import type { EndRow } from './trainer-state.ts'

/**
 * The row that Trainer logs when training ends. Speeds are of this engine: what an earlier one did (`from` steps) took
 * time that nobody measured here.
 */
export function endRow({
  place,
  plan,
  from,
  losses,
  seconds,
}: {
  place: Place
  plan: Plan
  from: number
  losses: LossTally
  seconds: number
}): EndRow {
  const share = 1 - from / plan.totalSteps
  return {
    step: place.step,
    epoch: place.epoch,
    train_runtime: rounded(seconds, 4),
    train_samples_per_second: rounded((share * plan.samples) / seconds, 3),
    train_steps_per_second: rounded((share * plan.totalSteps) / seconds, 3),
    train_loss: measure(losses.mean(place.step)),
    total_flos: place.total_flos,
  }
}

/** The metrics of the model that is kept: of its own evaluation, or of the last one. */
export function keptMetrics({ events, prepared }: Work, best_step: number | null): Record<string, number> {
  const { evaluations } = events.view()
  const row = evaluations.find(({ step }) => step === best_step) ?? evaluations.at(-1)
  if (!row) return {}
  const names = ['loss', ...METRICS[prepared.problem.type]].map((name) => `eval_${name}`)
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = (row as Record<string, unknown>)[name]
      return typeof value === 'number' ? [[name, value]] : []
    }),
  )
}
