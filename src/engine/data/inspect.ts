import { EMAIL_LABELS, readEmails, selectEmails } from '../../builtin/emails/emails.ts'
import { BUILTIN_EMAILS } from '../../builtin/known.ts'
import type { Arguments } from '../../run/arguments.ts'
import type { ProblemType } from '../../run/problem-type.ts'
import { countDuplicates } from './duplicates.ts'
import { type Lengths, lengthsOf } from './lengths.ts'
import { codesOf, scan, type Scan, type Split } from './scan.ts'
import { select } from './select.ts'
import { type NamedDataset, openSource, type Source } from './source.ts'
import { fingerprint, type TextSketch } from './text-sketch.ts'

/** What can be said of a dataset before a run reads it. */
export interface Inspection {
  columns: string[]
  text_column: string
  label_column: string
  /** As it was asked for, or found */
  problem_type: ProblemType
  /** None in regression */
  labels: string[]
  /** Available training rows of each label, in the order of `labels`; with multi-label a row counts for each of its labels */
  label_counts: number[]
  /** What the labels of a regression lie between, over the available training rows; null for labels with names */
  label_range: { least: number; mean: number; most: number } | null
  /** Rows that there are to select from */
  train_rows: number
  eval_rows: number
  /** `made` when the evaluation rows are taken from the training rows */
  split: 'given' | 'made'
  /** Evaluation rows that a run would use whose text is in its training rows too; null when the texts were not read */
  duplicates: number | null
  /** Of the training rows that a run would use; null when the texts were not read */
  lengths: Lengths | null
}

/** Texts of larger datasets are not read for a draft: it would wait too long. */
const MOST_BYTES = 256 * 2 ** 20

/**
 * Finds columns, labels and rows of a dataset for the draft of a run. Reads every row once (a CSV of 10 MB: 1.3 s on two busy cores; the
 * e-mails 3 s the first time, then 0.1 s). Throws UserError when it cannot be used.
 */
export async function inspectDataset({
  args,
  cache_folder,
  signal,
  ...named
}: NamedDataset & {
  args: Arguments
  cache_folder: string
  signal: AbortSignal
}): Promise<Inspection> {
  if (named.dataset === BUILTIN_EMAILS) return inspectEmails({ args, cache_folder, signal })
  const source = await openSource(named)
  const scanned = await scan({ source, args, texts: sizeOf(source) <= MOST_BYTES, signal })
  return {
    columns: scanned.columns.map(({ name }) => name),
    text_column: scanned.text.name,
    label_column: scanned.label.name,
    problem_type: scanned.problem.type,
    ...labelsIn(scanned),
    train_rows: scanned.train.rows,
    eval_rows: scanned.eval.rows,
    split: scanned.split,
    ...textsIn(scanned, args),
  }
}

function sizeOf({ train, eval: evaluated }: Source): number {
  return [...train, ...(evaluated ?? [])].reduce((sum, { bytes }) => sum + bytes, 0)
}

function labelsIn({ train, problem, targetOf }: Scan): Pick<Inspection, 'labels' | 'label_counts' | 'label_range'> {
  if (problem.type === 'regression') return { labels: [], label_counts: [], label_range: rangeOf(codesOf(train)) }
  const counts = new Map<number, number>()
  for (const code of codesOf(train)) counts.set(code, (counts.get(code) ?? 0) + 1)
  const label_counts = problem.labels.map(() => 0)
  for (const [code, rows] of counts) {
    for (const label of [targetOf(code)].flat()) label_counts[label] = (label_counts[label] ?? 0) + rows
  }
  return { labels: [...problem.labels], label_counts, label_range: null }
}

function rangeOf(values: Iterable<number>): NonNullable<Inspection['label_range']> {
  let [least, most, sum, rows] = [Infinity, -Infinity, 0, 0]
  for (const value of values) {
    least = Math.min(least, value)
    most = Math.max(most, value)
    sum += value
    rows++
  }
  return { least, mean: sum / rows, most }
}

function textsIn({ train, eval: evaluated }: Scan, args: Arguments): Pick<Inspection, 'duplicates' | 'lengths'> {
  if (!train.texts || !evaluated.texts) return { duplicates: null, lengths: null }
  const trained = rowsOf(train, args.max_train_samples, args)
  const measured = rowsOf(evaluated, args.max_eval_samples, args)
  return compare({ train: pick(train.texts, trained), evaluated: pick(evaluated.texts, measured), args })
}

/** Where the rows that a run would use lie in the files of their split. */
function rowsOf({ rows, members }: Split, most: number | null, args: Arguments): Uint32Array {
  const selected = select(rows, most, args)
  return members === null ? selected : selected.map((member) => members[member] ?? 0)
}

function pick({ lengths, fingerprints }: TextSketch, rows: Uint32Array): TextSketch {
  return {
    lengths: Int32Array.from(rows, (row) => lengths[row] ?? 0),
    fingerprints: Float64Array.from(rows, (row) => fingerprints[row] ?? 0),
  }
}

function compare(from: { train: TextSketch; evaluated: TextSketch; args: Arguments }) {
  return {
    duplicates: countDuplicates(from.train.fingerprints, from.evaluated.fingerprints),
    lengths: lengthsOf(from.train.lengths, from.args),
  }
}

async function inspectEmails({
  args,
  cache_folder,
  signal,
}: {
  args: Arguments
  cache_folder: string
  signal: AbortSignal
}): Promise<Inspection> {
  const emails = await readEmails({ cache_folder, signal })
  const train = emails.filter(({ split }) => split === 'train')
  const sketch = (split: 'train' | 'test', rows: number | null): TextSketch => {
    const { selected } = selectEmails({ emails, split, rows })
    return {
      lengths: Int32Array.from(selected, ({ text }) => text.length),
      fingerprints: Float64Array.from(selected, ({ text }) => fingerprint(text)),
    }
  }
  return {
    columns: ['id', 'text', 'label'],
    text_column: 'text',
    label_column: 'label',
    problem_type: 'single_label_classification',
    labels: [...EMAIL_LABELS],
    label_counts: EMAIL_LABELS.map((name) => train.filter(({ label }) => label === name).length),
    label_range: null,
    train_rows: train.length,
    eval_rows: emails.length - train.length,
    split: 'given',
    ...compare({
      train: sketch('train', args.max_train_samples),
      evaluated: sketch('test', args.max_eval_samples),
      args,
    }),
  }
}
