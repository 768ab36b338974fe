import { ARGUMENT_NAMES, type Arguments, DEFAULTS } from '../../src/run/arguments.ts'
import type { NewEvent } from '../../src/run/events.ts'

type Row = Extract<NewEvent, { type: 'eval' }>
import { EMPTY_VIEW, fold, type RunView } from '../../src/run/view.ts'
import type { Run } from '../../storage/runs.ts'

/** A run as the record has it, with what a test changes. */
export function runLike({ args, ...run }: Partial<Omit<Run, 'spec'>> & { args?: Partial<Arguments> } = {}): Run {
  return {
    id: 42,
    state: 'draft',
    spec: { model: 'builtin/encoder', dataset: 'builtin/emails', args: { ...DEFAULTS, ...args } },
    host: 'this machine',
    launch: null,
    folder: null,
    guild_id: '100000000000000001',
    channel_id: '100000000000000002',
    thread_id: null,
    created_by: '100000000000000003',
    parent_id: null,
    resume_from: null,
    events_offset: 0,
    stop_by: null,
    stop_how: null,
    ending: null,
    created_at: '2026-03-01T10:00:00.000Z',
    started_at: null,
    ended_at: null,
    ...run,
  }
}

export const ENDED_AT = { started_at: '2026-03-01T10:00:00.000Z', ended_at: '2026-03-01T10:01:09.000Z' }

/** A view of these events, numbered and one second apart. */
export function viewOf(...events: NewEvent[]): RunView {
  return events
    .map((event, index) => ({
      seq: index + 1,
      at: new Date(Date.parse('2026-03-01T10:00:00Z') + index * 1000).toISOString(),
      ...event,
    }))
    .reduce((view, event) => fold(view, event), EMPTY_VIEW)
}

export const PLAN: NewEvent = {
  type: 'plan',
  total_steps: 250,
  steps_per_epoch: 125,
  parameters: 11_000_000,
  unused_weights: [],
  new_weights: ['classifier.weight'],
}

export const EXECUTOR: NewEvent = {
  type: 'executor',
  name: 'onnx',
  why: 'it is everywhere',
  others: [],
  device: 'cpu, 2 cores',
  versions: { node: 'v20.19.0', 'onnxruntime-node': '1.30.0' },
}

export const logRow = (step: number, loss: number | 'NaN' = 0.5): NewEvent => ({
  type: 'log',
  step,
  epoch: step / 125,
  loss,
  grad_norm: 1.234567,
  learning_rate: 8.4e-5,
})

/** An evaluation of 500 rows over these labels. */
export function evaluation(step: number, accuracy: number, labels: readonly string[] = ['ham', 'spam']): NewEvent {
  const support = Math.round(500 / labels.length)
  return {
    type: 'eval',
    step,
    epoch: step / 125,
    eval_loss: 1 - accuracy,
    eval_accuracy: accuracy,
    eval_f1: accuracy - 0.001,
    eval_runtime: 3,
    eval_samples_per_second: 166,
    eval_steps_per_second: 5,
    per_label: labels.map((label) => ({ label, precision: accuracy, recall: accuracy, f1: accuracy, support })),
    confusion: labels.map((_, truth) => labels.map((__, said) => (truth === said ? support : 3))),
  }
}

/** An evaluation without what only a single label, and only a few of them, have. */
function without(row: NewEvent, ...names: readonly (keyof Row)[]): Row {
  return Object.fromEntries(Object.entries(row).filter(([name]) => !names.includes(name as keyof Row))) as Row
}

/** An evaluation of 500 rows with several labels each. */
export function severalLabels(step: number, f1: number): Row {
  const row = without(evaluation(step, f1, ['news', 'sport']), 'confusion')
  return { ...row, eval_f1: f1, eval_accuracy: f1 - 0.2, rows: 500 }
}

/** An evaluation of a regression over 500 rows. */
export function regression(step: number, mse: number): Row {
  const row = without(evaluation(step, 0), 'confusion', 'eval_accuracy', 'eval_f1')
  return { ...row, eval_loss: mse, eval_mse: mse, eval_mae: 0.35, eval_pearson: 0.812, rows: 500, per_label: [] }
}

/** An evaluation over so many labels that their confusion is left out. */
export function manyLabels(labels: number): Row {
  const names = Array.from({ length: labels }, (_, i) => `label ${i}`)
  return { ...without(evaluation(250, 0.9, names), 'confusion'), rows: 500 }
}

export const done = (step: number, best_step: number | null = null): NewEvent => ({
  type: 'done',
  step,
  epoch: 2,
  train_runtime: 60,
  train_samples_per_second: 66,
  train_steps_per_second: 4,
  train_loss: 0.2,
  total_flos: 0,
  metrics: { eval_accuracy: 0.978 },
  best_step,
})

/** Every argument at a value that is not its default, as far as one is possible. */
export const EVERYTHING_CHANGED: Partial<Arguments> = {
  ...Object.fromEntries(ARGUMENT_NAMES.filter((name) => DEFAULTS[name] === null).map((name) => [name, 7])),
  learning_rate: 3e-5,
  num_train_epochs: 2,
  max_steps: 10,
  per_device_train_batch_size: 16,
  per_device_eval_batch_size: 32,
  gradient_accumulation_steps: 4,
  weight_decay: 0.01,
  warmup_steps: 0.1,
  lr_scheduler_type: 'cosine',
  problem_type: 'single_label_classification',
  truncation_side: 'left',
  max_grad_norm: 0.5,
  adam_beta1: 0.8,
  adam_beta2: 0.99,
  adam_epsilon: 1e-6,
  label_smoothing_factor: 0.1,
  logging_strategy: 'epoch',
  logging_steps: 25,
  eval_strategy: 'epoch',
  eval_on_start: true,
  save_strategy: 'epoch',
  save_steps: 25,
  load_best_model_at_end: true,
  metric_for_best_model: 'accuracy',
  greater_is_better: true,
  seed: 1,
  dropout: 0.2,
  max_length: 128,
  text_column: 'body',
  label_column: 'category',
  shuffle_seed: 7,
  test_size: 0.3,
}
