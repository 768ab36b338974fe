import { z } from 'zod'
import { ProblemType } from './problem-type.ts'

/**
 * What happened, one JSON object a line of `events.jsonl`, `seq` rising by one from 1.
 * An engine only ever appends; a reader keeps types that it does not know.
 */
const base = { seq: z.int().min(1), at: z.iso.datetime() }
const step = z.int().min(0)
const epoch = z.number().min(0)
/** A loss or a norm; JSON has no NaN or Infinity, so those are written as these words. */
const measured = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])])
/** Set on what an earlier engine did and said: this run goes on from it. */
const earlier = z.literal(true).optional()

/** Where the run is. `detail` is a short sentence for people. */
const phase = z.object({
  ...base,
  type: z.literal('phase'),
  phase: z.enum(['preparing', 'running', 'evaluating', 'saving']),
  detail: z.string().optional(),
})

/** The first event of every run: which executor was chosen, why, and why the others were not. */
const executor = z.object({
  ...base,
  type: z.literal('executor'),
  name: z.string(),
  why: z.string(),
  others: z.array(z.object({ name: z.string(), why: z.string() })),
  device: z.string(),
  /** Of the card, in bytes */
  memory_bytes: z.number().optional(),
  versions: z.record(z.string(), z.string()),
})

/** Model and dataset that came from the Hub, by the names that they have there now, at the commits that are read. */
const fromHub = z.object({ name: z.string(), revision: z.string(), config_name: z.string().optional() })
const hub = z.object({ ...base, type: z.literal('hub'), model: fromHub.nullable(), dataset: fromHub.nullable() })

/** The rows that were selected, after reading and before training. */
const data = z.object({
  ...base,
  type: z.literal('data'),
  train_rows: z.int(),
  train_rows_available: z.int(),
  eval_rows: z.int(),
  eval_rows_available: z.int(),
  /** What is learned; left out by engines that know only one label of several. */
  problem_type: ProblemType.optional(),
  /** None in regression. */
  labels: z.array(z.string()),
  /** Training rows of each label, in the order of `labels`. */
  label_counts: z.array(z.int()),
  token_lengths: z.object({ median: z.number(), p90: z.number(), longest: z.int(), truncated_share: z.number() }),
})

/** What the loop is about to do. */
const plan = z.object({
  ...base,
  type: z.literal('plan'),
  total_steps: z.int(),
  steps_per_epoch: z.int(),
  parameters: z.int(),
  /** Weights of the checkpoint that this head does not use, and weights that are new. */
  unused_weights: z.array(z.string()),
  new_weights: z.array(z.string()),
})

/** The training step is ready to run: how long that took, the weights' way to the device included. */
const compiled = z.object({
  ...base,
  type: z.literal('compiled'),
  seconds: z.number(),
  /** On a GPU: kernels that an earlier run had left, and those that were compiled now */
  kernels: z.object({ cached: z.int(), compiled: z.int() }).optional(),
})

/**
 * The run goes on from a checkpoint of another folder. What that run had logged, evaluated and saved by then follows as
 * events with `earlier`, so that this folder tells the whole story.
 */
const resumed = z.object({
  ...base,
  type: z.literal('resumed'),
  step,
  epoch,
  /** Absolute */
  folder: z.string(),
  /** Newer checkpoints that were not whole, and why they were passed over. */
  refused: z.array(z.object({ folder: z.string(), reason: z.string() })),
})

/** How far a slow part has come, e.g. tokenizing. */
const progress = z.object({ ...base, type: z.literal('progress'), what: z.string(), done: z.int(), of: z.int() })

/** A training log row, as Trainer writes it. */
const log = z.object({
  ...base,
  type: z.literal('log'),
  step,
  epoch,
  loss: measured,
  grad_norm: measured,
  learning_rate: z.number(),
  earlier,
})

/** Precision, recall and f1 of one label. */
const labelScore = z.object({
  label: z.string(),
  precision: z.number(),
  recall: z.number(),
  f1: z.number(),
  support: z.int(),
})

/** An evaluation row, as Trainer writes it, with what the result card needs. */
const evaluation = z.object({
  ...base,
  type: z.literal('eval'),
  step,
  epoch,
  eval_loss: measured,
  /** Of a single label the share of the rows that are right; of several the share that are right in every label. */
  eval_accuracy: z.number().optional(),
  /** The mean over the labels (macro); of several labels over all of them at once (micro). */
  eval_f1: z.number().optional(),
  /** Of regression: the mean of the squared errors, of the errors without sign, and the correlation. */
  eval_mse: measured.optional(),
  eval_mae: measured.optional(),
  eval_pearson: measured.optional(),
  eval_runtime: z.number(),
  eval_samples_per_second: z.number(),
  eval_steps_per_second: z.number(),
  /** Rows that were evaluated. */
  rows: z.int().optional(),
  per_label: z.array(labelScore),
  /** confusion[truth][prediction], in the order of the labels; only of single label, and of 50 labels or fewer. */
  confusion: z.array(z.array(z.int())).optional(),
  /** Of more labels: what is most often taken for something else. */
  confused: z.array(z.object({ truth: z.string(), said: z.string(), rows: z.int() })).optional(),
  earlier,
})

/** A checkpoint is in the run folder, whole. */
const checkpoint = z.object({ ...base, type: z.literal('checkpoint'), step, epoch, folder: z.string(), earlier })

/** What a GPU said of itself at one moment, all programs on it together; null for what it does not tell. */
const gpuSample = z.object({
  /** Percent of the time in which something ran on it, as nvidia-smi shows it */
  utilization: z.number().nullable(),
  memory_bytes: z.number().nullable(),
  /** Degrees Celsius */
  temperature: z.number().nullable(),
  power_watts: z.number().nullable(),
})
export type GpuSample = z.infer<typeof gpuSample>

/** Sent at least every `expect_next_in` seconds while the engine lives; silence for longer means that it may be lost. */
const heartbeat = z.object({
  ...base,
  type: z.literal('heartbeat'),
  step,
  expect_next_in: z.number(),
  samples_per_second: z.number().optional(),
  /** Milliseconds of an update, the mean since the last heartbeat, without what came between updates */
  step_ms: z.number().optional(),
  memory_bytes: z.number().optional(),
  gpu: gpuSample.optional(),
})

/** Something looks wrong while there is still time. `code` is stable, `message` is for people. */
const warning = z.object({
  ...base,
  type: z.literal('warning'),
  code: z.string(),
  message: z.string(),
  step: step.optional(),
})

const ending = {
  step,
  epoch,
  train_runtime: z.number(),
  train_samples_per_second: z.number(),
  train_steps_per_second: z.number(),
  /** The mean over the run, as Trainer reports it. */
  train_loss: measured,
  total_flos: z.number(),
}

/** The run did all it was asked to; `model/` is complete. `metrics` are those of the model that was kept. */
const done = z.object({
  ...base,
  type: z.literal('done'),
  ...ending,
  metrics: z.record(z.string(), z.number()),
  best_step: step.nullable(),
})

/** The run was asked to stop, and saved what it had; `model/` is complete. */
const stopped = z.object({
  ...base,
  type: z.literal('stopped'),
  ...ending,
  by: z.string().nullable(),
  checkpoint: z.string(),
})

/** The run ended with an error. `code` is the engine's own name for it, when it has one. */
const failed = z.object({
  ...base,
  type: z.literal('failed'),
  step,
  code: z.string().nullable(),
  message: z.string(),
  remedy: z.string().nullable(),
  /** The error as a developer reads it; shown to nobody, given to the diagnosis. */
  trace: z.string(),
})

export const RunEvent = z.discriminatedUnion('type', [
  phase,
  executor,
  hub,
  data,
  plan,
  compiled,
  resumed,
  progress,
  log,
  evaluation,
  checkpoint,
  heartbeat,
  warning,
  done,
  stopped,
  failed,
])
export type RunEvent = z.infer<typeof RunEvent>
export type EventType = RunEvent['type']
export type EventOf<Type extends EventType> = Extract<RunEvent, { type: Type }>
export type Evaluation = EventOf<'eval'>
export type LogRow = EventOf<'log'>
export type Measured = z.infer<typeof measured>

/** An event without what the writer adds. */
export type NewEvent = RunEvent extends infer Each ? (Each extends RunEvent ? Omit<Each, 'seq' | 'at'> : never) : never

/** A number as events carry it. */
export function measure(value: number): Measured {
  if (Number.isFinite(value)) return value
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'Infinity' : '-Infinity'
}
