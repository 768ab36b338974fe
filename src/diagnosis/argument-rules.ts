import type { Arguments } from '../run/arguments.ts'
import { isError, METRICS, type ProblemType } from '../run/problem-type.ts'
import { writeValue } from '../run/spec.ts'

/** A rule that a run's arguments break. */
export interface Broken {
  /** Whether the run would come to nothing; the others only do less than what was asked for. */
  stops: boolean
  text: string
  remedy: string
  /** The same as a change, where one value mends it. */
  change?: Partial<Arguments>
}

interface Known {
  totalSteps: number | null
  /** Null while it is neither said nor found */
  problem_type: ProblemType | null
}

type Rule = (args: Arguments, known: Known) => Broken | null

/** What an evaluation gives, as `metric_for_best_model` may name it. */
const metricsOf = (problem_type: ProblemType | null) => [
  'loss',
  ...METRICS[problem_type ?? 'single_label_classification'],
]

const warns = (text: string, remedy: string, change?: Partial<Arguments>): Broken => ({
  stops: false,
  text,
  remedy,
  ...(change ? { change } : {}),
})

/**
 * Rules of TrainingArguments, its callbacks and schedules that need more than one argument or the number of updates, and
 * that Trainer finds out, or passes over in silence, only while it trains. What can never run is refused before
 * (`checkSpec`).
 */
const RULES: readonly Rule[] = [
  // Trainer: KeyError 'eval_…' after the first evaluation, when a whole epoch is spent.
  ({ metric_for_best_model: metric, eval_strategy }, { problem_type }) => {
    const metrics = metricsOf(problem_type)
    if (metric === null || metrics.includes(metric.replace(/^eval_/, ''))) return null
    return {
      stops: eval_strategy !== 'no',
      text: `\`metric_for_best_model\` is \`${metric}\`, and an evaluation gives ${metrics.join(', ')}`,
      remedy: `Set \`metric_for_best_model\` to ${[...metrics.slice(1), 'loss'].join(', ').replace(/, loss$/, ' or loss')} in Edit.`,
    }
  },
  // Trainer takes more for better unless the name ends in loss.
  ({ metric_for_best_model: metric, greater_is_better: greater, load_best_model_at_end, early_stopping_patience }) => {
    const isUsed = load_best_model_at_end || early_stopping_patience !== null
    return isUsed && metric !== null && isError(metric) && !metric.endsWith('loss') && greater !== false
      ? warns(
          `More of \`${metric}\` counts as better, as in transformers, and it is an error: the worst checkpoint is kept`,
          'Set `greater_is_better` to false.',
          { greater_is_better: false },
        )
      : null
  },
  ({ label_smoothing_factor: smoothing }, { problem_type }) =>
    smoothing > 0 && problem_type !== null && problem_type !== 'single_label_classification'
      ? {
          stops: true,
          text: `\`label_smoothing_factor\` ${smoothing} spreads one label over the others, and this is ${problem_type}`,
          remedy: 'Set `label_smoothing_factor` to 0.',
          change: { label_smoothing_factor: 0 },
        }
      : null,
  ({ metric_for_best_model: metric, greater_is_better: greater, load_best_model_at_end, early_stopping_patience }) => {
    const isUsed = load_best_model_at_end || early_stopping_patience !== null
    const isLoss = (metric ?? 'loss').endsWith('loss')
    return isUsed && greater !== null && greater === isLoss && !(metric !== null && isError(metric) && !isLoss)
      ? warns(
          `\`greater_is_better\` is ${writeValue(greater)} for ${isLoss ? 'a loss' : `\`${String(metric)}\``}: the worst checkpoint counts as the best`,
          'Set `greater_is_better` to none; the metric tells it.',
          { greater_is_better: null },
        )
      : null
  },
  ({ early_stopping_patience: patience, load_best_model_at_end }) =>
    patience !== null && !load_best_model_at_end
      ? warns(
          'Early stopping ends with the last model, which is worse than the best one',
          'Set `load_best_model_at_end` to true.',
          { load_best_model_at_end: true },
        )
      : null,
  ({ lr_scheduler_type, warmup_steps }) =>
    lr_scheduler_type === 'constant' && warmup_steps > 0
      ? warns(
          `\`warmup_steps\` ${warmup_steps} does nothing: the schedule \`constant\` has no warm-up`,
          'Set `lr_scheduler_type` to constant_with_warmup.',
          { lr_scheduler_type: 'constant_with_warmup' },
        )
      : null,
  ({ warmup_steps, lr_scheduler_type }, { totalSteps }) =>
    totalSteps !== null && warmup_steps >= totalSteps && warmup_steps >= 1 && lr_scheduler_type !== 'constant'
      ? warns(
          `\`warmup_steps\` ${warmup_steps} is ${warmup_steps === totalSteps ? 'as long as' : 'longer than'} the run of ${totalSteps} steps: \`learning_rate\` is never reached`,
          'Set `warmup_steps` to 0.1, a tenth of the run.',
          { warmup_steps: 0.1 },
        )
      : null,
  ({ eval_steps, eval_strategy }) =>
    eval_steps !== null && eval_strategy !== 'steps'
      ? warns(
          `\`eval_steps\` ${eval_steps} does nothing while \`eval_strategy\` is \`${eval_strategy}\``,
          'Set `eval_strategy` to steps, or `eval_steps` to none.',
        )
      : null,
]

/** Every rule that these arguments break, what would stop the run first. `totalSteps` is null while it is not known. */
export function brokenRules(args: Arguments, known: Known): Broken[] {
  return RULES.flatMap((rule) => rule(args, known) ?? []).sort((a, b) => Number(b.stops) - Number(a.stops))
}
