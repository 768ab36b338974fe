import type { Arguments } from '../run/arguments.ts'
import type { Evaluation, EventOf, LogRow } from '../run/events.ts'
import type { RunSpec } from '../run/spec.ts'
import type { RunView } from '../run/view.ts'
import { pythonJson } from './python-json.ts'

/** The row that Trainer logs when training ends. */
export type EndRow = Pick<
  EventOf<'done'>,
  | 'step'
  | 'epoch'
  | 'train_runtime'
  | 'train_samples_per_second'
  | 'train_steps_per_second'
  | 'train_loss'
  | 'total_flos'
>

/** The fields of transformers' TrainerState; `log_history` holds what was logged, in order. */
export type TrainerState = ReturnType<typeof trainerState>

/**
 * trainer_state.json of transformers 5.18 as a fold over the run's events. What is not in the events yet when it is
 * written is given: `saved_step` is that of the checkpoint being written, `end` the row of the end.
 */
export function trainerState({
  view,
  spec,
  end = view.end && view.end.type !== 'failed' ? view.end : null,
  step = view.step,
  epoch = end?.epoch ?? epochAt(view, step),
  total_flos = end?.total_flos ?? 0,
  saved_step = view.checkpoints.at(-1)?.step ?? null,
}: {
  view: RunView
  spec: RunSpec
  step?: number
  epoch?: number
  total_flos?: number
  saved_step?: number | null
  end?: EndRow | null
}) {
  const { args } = spec
  const max_steps = view.plan?.total_steps ?? args.max_steps
  const best = bestEvaluation({ evaluations: view.evaluations, args })
  const isPatienceOver = (best?.without_improvement ?? 0) >= (args.early_stopping_patience ?? Infinity)
  const savesBest = best !== null && args.save_strategy !== 'no'
  const isSaved =
    best !== null && (best.step === saved_step || view.checkpoints.some((saved) => saved.step === best.step))
  return {
    best_global_step: savesBest ? best.step : null,
    best_metric: best?.metric ?? null,
    best_model_checkpoint: savesBest && isSaved ? `checkpoint-${best.step}` : null,
    epoch,
    eval_steps: args.eval_steps ?? (args.eval_strategy === 'steps' ? args.logging_steps : 500),
    global_step: step,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: logHistory(view, end),
    logging_steps: args.logging_steps,
    max_steps,
    num_input_tokens_seen: 0,
    num_train_epochs: epochsPlanned(view, args),
    save_steps: args.save_steps,
    stateful_callbacks: {
      ...(args.early_stopping_patience !== null && {
        EarlyStoppingCallback: {
          args: { early_stopping_patience: args.early_stopping_patience, early_stopping_threshold: 0 },
          attributes: { early_stopping_patience_counter: best?.without_improvement ?? 0 },
        },
      }),
      // As it stood when the last checkpoint was written.
      TrainerControl: {
        args: {
          should_epoch_stop: false,
          should_evaluate: false,
          should_log: false,
          should_save: saved_step !== null,
          should_training_stop: saved_step !== null && (saved_step >= max_steps || isPatienceOver),
        },
        attributes: {},
      },
    },
    total_flos,
    train_batch_size: args.per_device_train_batch_size,
    trial_name: null,
    trial_params: null,
  }
}

/** The file's text: sorted keys, Python's floats. */
export function trainerStateJson(state: TrainerState): string {
  return `${pythonJson(state, { floats: isFloat })}\n`
}

/** The best evaluation so far, and how many came after it without being better. Null when no metric is followed. */
export function bestEvaluation({
  evaluations,
  args,
}: {
  evaluations: readonly Evaluation[]
  args: Arguments
}): { step: number; metric: number; without_improvement: number } | null {
  const isNeeded = args.load_best_model_at_end || args.early_stopping_patience !== null
  const followed = args.metric_for_best_model ?? (isNeeded ? 'loss' : null)
  if (followed === null) return null
  const greater = args.greater_is_better ?? !followed.endsWith('loss')
  const key = followed.startsWith('eval_') ? followed : `eval_${followed}`

  let best: { step: number; metric: number; without_improvement: number } | null = null
  for (const evaluation of evaluations) {
    const metric = Number((evaluation as Record<string, unknown>)[key])
    const isBetter = best === null || (greater ? metric > best.metric : metric < best.metric)
    if (isBetter && !Number.isNaN(metric)) best = { step: evaluation.step, metric, without_improvement: 0 }
    else if (best) best.without_improvement++
  }
  return best
}

/** What was logged and evaluated, in order. */
export function rowsOf({ logs, evaluations }: RunView): (LogRow | Evaluation)[] {
  return [...logs, ...evaluations].sort((a, b) => a.seq - b.seq)
}

function logHistory(view: RunView, end: EndRow | null): Record<string, unknown>[] {
  return [
    ...rowsOf(view).map((row) => (row.type === 'log' ? trainRow(row) : evalRow(row))),
    ...(end ? [endRow(end)] : []),
  ]
}

function trainRow({ epoch, grad_norm, learning_rate, loss, step }: LogRow) {
  return { epoch, grad_norm, learning_rate, loss, step }
}

function evalRow(row: Evaluation) {
  return Object.fromEntries(Object.entries(row).filter(([key]) => /^(epoch|step|eval_.*)$/.test(key)))
}

function endRow(end: EndRow) {
  const { epoch, step, total_flos, train_loss, train_runtime, train_samples_per_second, train_steps_per_second } = end
  return { epoch, step, total_flos, train_loss, train_runtime, train_samples_per_second, train_steps_per_second }
}

function epochAt(view: RunView, step: number): number {
  return view.plan ? step / view.plan.steps_per_epoch : 0
}

/** Passes that the updates need, the last one perhaps cut short. */
function epochsPlanned(view: RunView, args: Arguments): number {
  if (args.max_steps > 0 && view.plan) return Math.ceil(args.max_steps / view.plan.steps_per_epoch)
  return Math.ceil(args.num_train_epochs)
}

const FLOATS = new Set(['epoch', 'grad_norm', 'learning_rate', 'loss', 'total_flos', 'best_metric'])

function isFloat(key: string): boolean {
  if (FLOATS.has(key) || key === 'early_stopping_threshold') return true
  return (key.startsWith('eval_') && key !== 'eval_steps') || /^train_(loss|runtime|.*_per_second)$/.test(key)
}
