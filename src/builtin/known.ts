import { fileURLToPath } from 'node:url'
import type { Arguments } from '../run/arguments.ts'

/** What works with no network: names as people type them. */
export const BUILTIN_ENCODER = 'builtin/encoder'
export const BUILTIN_EMAILS = 'builtin/emails'

/**
 * The file in a cache folder that keeps the cleaned e-mails, a line of JSON each. Its number rises when the cleaning
 * changes: rows that an older version kept are then made again.
 */
export const KEPT_EMAILS = 'emails-v1.jsonl'

/** The folder of the built-in encoder, in the layout of a Hub repository. */
export const ENCODER_FOLDER = fileURLToPath(new URL('encoder/', import.meta.url))

/** The rows of the tutorials: all 50 000 take hours without a GPU. `args: rows none, eval_rows none` takes them. */
const IMDB: Partial<Arguments> = { max_train_samples: 2000, max_eval_samples: 500, shuffle_seed: 42 }

/**
 * Arguments that suit a small encoder and a small dataset better than transformers' defaults; a draft starts from them.
 * 1e-4: the encoder is small, and with 2e-5 it ends 1 to 8 points lower (src/builtin/encoder/README.md).
 */
export const RECOMMENDED: Readonly<Record<string, Partial<Arguments>>> = {
  [BUILTIN_ENCODER]: { learning_rate: 1e-4, max_length: 128 },
  [BUILTIN_EMAILS]: { max_train_samples: 2000, max_eval_samples: 500, shuffle_seed: null },
  imdb: IMDB,
  'stanfordnlp/imdb': IMDB,
}

/** What every draft starts from: evaluate and save each epoch, log often enough to follow. */
export const HOUSE: Partial<Arguments> = {
  num_train_epochs: 2,
  per_device_train_batch_size: 16,
  per_device_eval_batch_size: 32,
  weight_decay: 0.01,
  eval_strategy: 'epoch',
  save_strategy: 'epoch',
  logging_steps: 25,
}
