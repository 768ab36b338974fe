import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { RunFile } from '../run/run-file.ts'
import type { Prepared } from './prepare.ts'

/** What must be the same for a run to go on where another one stood: the model, the rows, and what orders them. */
export const Fingerprint = z.object({
  model: z.string(),
  dataset: z.string(),
  labels: z.array(z.string()),
  train_rows: z.int(),
  /** Of the tokens and labels of every training row, in order */
  rows_sha256: z.string(),
  per_device_train_batch_size: z.int(),
  gradient_accumulation_steps: z.int(),
  seed: z.int(),
  /** The seed of the order of rows */
  data_seed: z.int(),
})
export type Fingerprint = z.infer<typeof Fingerprint>

export function fingerprintOf({ spec }: Pick<RunFile, 'spec'>, { problem: { labels }, train }: Prepared): Fingerprint {
  const { model, dataset, args } = spec
  return {
    model,
    dataset,
    labels: [...labels],
    train_rows: train.length,
    rows_sha256: digestOf(train),
    per_device_train_batch_size: args.per_device_train_batch_size,
    gradient_accumulation_steps: args.gradient_accumulation_steps,
    seed: args.seed,
    data_seed: args.data_seed ?? args.seed,
  }
}

/** How a run differs from the one that wrote a checkpoint, as a part of a sentence; null when it does not. */
export function difference(written: Fingerprint, now: Fingerprint): string | null {
  for (const name of ['model', 'dataset'] as const) {
    if (written[name] !== now[name])
      return `it was made with the ${name} ${written[name]}, and this run has ${now[name]}`
  }
  const numbers = ['per_device_train_batch_size', 'gradient_accumulation_steps', 'seed', 'data_seed'] as const
  for (const name of numbers) {
    if (written[name] !== now[name]) return `it was made with ${name} ${written[name]}, and this run has ${now[name]}`
  }
  if (written.labels.join('\n') !== now.labels.join('\n')) {
    return `it was made for the labels ${listed(written.labels)}, and the rows of this run have ${listed(now.labels)}`
  }
  if (written.train_rows !== now.train_rows) {
    return `it was made with ${written.train_rows} training rows, and this run has ${now.train_rows}`
  }
  return written.rows_sha256 === now.rows_sha256 ? null : 'the training rows are not those that it was made with'
}

/** Of the rows of a run, which do not change: hashing them all takes a moment, and each checkpoint names them. */
const digests = new WeakMap<Prepared['train'], string>()

function digestOf(train: Prepared['train']): string {
  const known = digests.get(train)
  if (known !== undefined) return known
  const hash = createHash('sha256')
  for (const { ids, ...rest } of train) {
    hash.update(new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength))
    hash.update(JSON.stringify(rest))
  }
  const digest = hash.digest('hex')
  digests.set(train, digest)
  return digest
}

function listed(labels: readonly string[]): string {
  return labels.length > 6 ? `${labels.slice(0, 6).join(', ')} and ${labels.length - 6} more` : labels.join(', ')
}
