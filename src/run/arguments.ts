import { z } from 'zod'
import { ProblemType } from './problem-type.ts'

/**
 * Every argument of a run: name, range, default and help in one table. Slash options, modals, run.json, the README
 * table and validation derive from it. Names and defaults are those of transformers' TrainingArguments (5.18) and, for
 * the data, of its run_classification.py; `early_stopping_patience` is EarlyStoppingCallback's.
 */
interface Argument<Schema extends z.ZodType = z.ZodType> {
  schema: Schema
  default: z.infer<Schema>
  help: string
  /** What a value should look like, for the sentence that refuses another one. */
  expected: string
}

const argument = <Schema extends z.ZodType>(entry: Argument<Schema>): Argument<Schema> => entry

const strategy = z.enum(['no', 'steps', 'epoch'])
const positive = z.int().min(1).max(1_000_000)
const everySteps = { schema: positive.nullable(), expected: 'a whole number of steps, 1 or more' }

export const ARGUMENTS = {
  learning_rate: argument({
    schema: z.number().gt(0).max(1),
    default: 5e-5,
    help: 'Peak step size of AdamW',
    expected: 'a number above 0 and at most 1; fine-tuning usually takes 1e-5 to 5e-4',
  }),
  num_train_epochs: argument({
    schema: z.number().gt(0).max(1000),
    default: 3,
    help: 'Passes over the training rows',
    expected: 'a number above 0 and at most 1000',
  }),
  max_steps: argument({
    schema: z.union([z.literal(-1), positive]),
    default: -1,
    help: 'Updates in all; overrides num_train_epochs when above 0',
    expected: '-1 (off), or a whole number of updates',
  }),
  per_device_train_batch_size: argument({
    schema: z.int().min(1).max(4096),
    default: 8,
    help: 'Rows a training step',
    expected: 'a whole number from 1 to 4096',
  }),
  per_device_eval_batch_size: argument({
    schema: z.int().min(1).max(4096),
    default: 8,
    help: 'Rows an evaluation step',
    expected: 'a whole number from 1 to 4096',
  }),
  gradient_accumulation_steps: argument({
    schema: z.int().min(1).max(1024),
    default: 1,
    help: 'Batches whose gradients make one update',
    expected: 'a whole number from 1 to 1024',
  }),
  gradient_checkpointing: argument({
    schema: z.boolean(),
    default: false,
    help: 'Keep only what each layer reads and compute the rest again: less memory, the same result, up to a third more time',
    expected: 'true or false',
  }),
  weight_decay: argument({
    schema: z.number().min(0).max(1),
    default: 0,
    help: 'Decoupled weight decay of AdamW',
    expected: 'a number from 0 to 1',
  }),
  warmup_steps: argument({
    schema: z.number().min(0).max(1_000_000),
    default: 0,
    help: 'Updates of linear warm-up; below 1 it is a share of all updates',
    expected: 'a whole number of updates, or a share below 1',
  }),
  lr_scheduler_type: argument({
    schema: z.enum(['linear', 'cosine', 'constant', 'constant_with_warmup', 'polynomial']),
    default: 'linear',
    help: 'How the learning rate falls',
    expected: 'linear, cosine, constant, constant_with_warmup or polynomial',
  }),
  max_grad_norm: argument({
    schema: z.number().min(0).max(1e6),
    default: 1,
    help: 'Gradients are scaled down to this L2 norm; 0 turns clipping off',
    expected: 'a number, 0 or more',
  }),
  adam_beta1: argument({
    schema: z.number().min(0).lt(1),
    default: 0.9,
    help: 'Decay of the first moment',
    expected: 'a number from 0 to below 1',
  }),
  adam_beta2: argument({
    schema: z.number().min(0).lt(1),
    default: 0.999,
    help: 'Decay of the second moment',
    expected: 'a number from 0 to below 1',
  }),
  adam_epsilon: argument({
    schema: z.number().gt(0).max(1),
    default: 1e-8,
    help: 'Keeps the division in AdamW finite',
    expected: 'a small number above 0',
  }),
  label_smoothing_factor: argument({
    schema: z.number().min(0).lt(1),
    default: 0,
    help: 'Share of the label spread over the other classes',
    expected: 'a number from 0 to below 1',
  }),
  logging_strategy: argument({
    schema: strategy,
    default: 'steps',
    help: 'When a training log row is written',
    expected: 'no, steps or epoch',
  }),
  logging_steps: argument({
    schema: positive,
    default: 500,
    help: 'Updates between log rows',
    expected: everySteps.expected,
  }),
  eval_strategy: argument({
    schema: strategy,
    default: 'no',
    help: 'When the model is evaluated',
    expected: 'no, steps or epoch',
  }),
  eval_steps: argument({ ...everySteps, default: null, help: 'Updates between evaluations (default: logging_steps)' }),
  eval_on_start: argument({
    schema: z.boolean(),
    default: false,
    help: 'Evaluate once before training',
    expected: 'true or false',
  }),
  save_strategy: argument({
    schema: strategy,
    default: 'steps',
    help: 'When a checkpoint is written',
    expected: 'no, steps or epoch',
  }),
  save_steps: argument({
    schema: positive,
    default: 500,
    help: 'Updates between checkpoints',
    expected: everySteps.expected,
  }),
  save_total_limit: argument({
    schema: positive.nullable(),
    default: null,
    help: 'Checkpoints kept; the oldest go first',
    expected: 'a whole number, 1 or more',
  }),
  load_best_model_at_end: argument({
    schema: z.boolean(),
    default: false,
    help: 'End with the best checkpoint instead of the last',
    expected: 'true or false',
  }),
  metric_for_best_model: argument({
    schema: z.string().max(100).nullable(),
    default: null,
    help: 'Which metric decides what is best (default: loss)',
    expected: 'loss, accuracy or f1; of a regression loss, mse, mae or pearson',
  }),
  greater_is_better: argument({
    schema: z.boolean().nullable(),
    default: null,
    help: 'Whether more of that metric is better (default: yes, unless it is a loss)',
    expected: 'true or false',
  }),
  early_stopping_patience: argument({
    schema: positive.nullable(),
    default: null,
    help: 'Evaluations without improvement before the run ends',
    expected: 'a whole number of evaluations',
  }),
  seed: argument({
    schema: z
      .int()
      .min(0)
      .max(2 ** 32 - 1),
    default: 42,
    help: 'Seed of the new head, of dropout and of the order of rows',
    expected: 'a whole number from 0 to 4294967295',
  }),
  data_seed: argument({
    schema: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .nullable(),
    default: null,
    help: 'Seed of the order of rows alone (default: seed)',
    expected: 'a whole number from 0 to 4294967295',
  }),
  problem_type: argument({
    schema: ProblemType.nullable(),
    default: null,
    help: 'What is learned (default: lists are multi-label, fractions regression, anything else single label)',
    expected: 'single_label_classification, multi_label_classification or regression',
  }),
  bf16: argument({
    schema: z.boolean().nullable(),
    default: null,
    help: 'Train in bfloat16 on a GPU (default: what the card does best)',
    expected: 'true or false',
  }),
  fp16: argument({
    schema: z.boolean().nullable(),
    default: null,
    help: 'Train in half precision with a loss scale on a GPU',
    expected: 'true or false',
  }),
  tf32: argument({
    schema: z.boolean().nullable(),
    default: null,
    help: 'Train in 32-bit floats on a GPU; true lets products round their operands',
    expected: 'true or false',
  }),
  dropout: argument({
    schema: z.number().min(0).lt(1).nullable(),
    default: null,
    help: "Overrides every dropout of the model's config.json",
    expected: 'a number from 0 to below 1',
  }),
  max_length: argument({
    schema: z.int().min(4).max(8192),
    default: 512,
    help: 'Tokens kept of each text',
    expected: 'a whole number, 4 or more, and no more than the model has positions',
  }),
  truncation_side: argument({
    schema: z.enum(['right', 'left']),
    default: 'right',
    help: 'Which end of a text is cut off where it has more than max_length tokens',
    expected: 'right or left',
  }),
  pad_to_multiple_of: argument({
    schema: z.int().min(1).max(512).nullable(),
    default: null,
    help: 'Batches are padded to a multiple of this many tokens',
    expected: 'a whole number from 1 to 512',
  }),
  text_column: argument({
    schema: z.string().min(1).max(100).nullable(),
    default: null,
    help: 'Column with the text (default: text, or the only column of strings)',
    expected: 'the name of a column',
  }),
  label_column: argument({
    schema: z.string().min(1).max(100).nullable(),
    default: null,
    help: 'Column with the label (default: label)',
    expected: 'the name of a column',
  }),
  max_train_samples: argument({
    schema: positive.nullable(),
    default: null,
    help: 'Training rows used (default: all)',
    expected: 'a whole number of rows',
  }),
  max_eval_samples: argument({
    schema: positive.nullable(),
    default: null,
    help: 'Evaluation rows used (default: all)',
    expected: 'a whole number of rows',
  }),
  shuffle_seed: argument({
    schema: z
      .int()
      .min(0)
      .max(2 ** 32 - 1)
      .nullable(),
    default: 42,
    help: 'Seed of Dataset.shuffle before rows are selected; none keeps their order',
    expected: 'a whole number, or none',
  }),
  test_size: argument({
    schema: z.number().gt(0).lt(1),
    default: 0.2,
    help: 'Share held out for evaluation when the dataset has no test split',
    expected: 'a share between 0 and 1',
  }),
} as const satisfies Record<string, Argument>

export type ArgumentName = keyof typeof ARGUMENTS
export type Arguments = { [Name in ArgumentName]: z.infer<(typeof ARGUMENTS)[Name]['schema']> }

export const ARGUMENT_NAMES = Object.keys(ARGUMENTS) as ArgumentName[]

/** Every argument at its default. */
export const DEFAULTS = Object.fromEntries(ARGUMENT_NAMES.map((name) => [name, ARGUMENTS[name].default])) as Arguments

/** Words people say for an argument; each stands for exactly one name. */
export const ALIASES: Readonly<Record<string, ArgumentName>> = {
  lr: 'learning_rate',
  'learning rate': 'learning_rate',
  epoch: 'num_train_epochs',
  epochs: 'num_train_epochs',
  steps: 'max_steps',
  batch: 'per_device_train_batch_size',
  'batch size': 'per_device_train_batch_size',
  batch_size: 'per_device_train_batch_size',
  train_batch_size: 'per_device_train_batch_size',
  eval_batch_size: 'per_device_eval_batch_size',
  accumulation: 'gradient_accumulation_steps',
  grad_accum: 'gradient_accumulation_steps',
  'gradient checkpointing': 'gradient_checkpointing',
  decay: 'weight_decay',
  wd: 'weight_decay',
  warmup: 'warmup_steps',
  scheduler: 'lr_scheduler_type',
  schedule: 'lr_scheduler_type',
  clip: 'max_grad_norm',
  tokens: 'max_length',
  max_seq_length: 'max_length',
  length: 'max_length',
  patience: 'early_stopping_patience',
  train_rows: 'max_train_samples',
  eval_rows: 'max_eval_samples',
  rows: 'max_train_samples',
}

/** Names that transformers has changed: understood, renamed, and said so. */
export const RENAMED: Readonly<Record<string, { to: ArgumentName; since: string }>> = {
  evaluation_strategy: { to: 'eval_strategy', since: '4.46' },
  per_gpu_train_batch_size: { to: 'per_device_train_batch_size', since: '5.0' },
  per_gpu_eval_batch_size: { to: 'per_device_eval_batch_size', since: '5.0' },
  warmup_ratio: { to: 'warmup_steps', since: '5.0' },
}
