import { BUILTIN_EMAILS } from '../../builtin/known.ts'
import type { Arguments } from '../../run/arguments.ts'
import type { RunFile } from '../../run/run-file.ts'
import type { Problem, Target } from '../problem.ts'
import type { FromHub, Reach } from '../hub.ts'
import { collect } from './collect.ts'
import { CHARACTERS_A_TOKEN } from './cut.ts'
import { loadEmails } from './emails.ts'
import { type Note, notesOf } from './notes.ts'
import { scan, type Split } from './scan.ts'
import { select } from './select.ts'
import { openSource, type Source } from './source.ts'

export interface Row {
  /** Where it is from: the mail's file, or `reviews.csv:12` */
  id: string
  text: string
  label: Target
}

/** The rows of a run: selected, in the order before the epochs shuffle them. */
export interface Dataset {
  train: Row[]
  eval: Row[]
  /** Rows that there were to select from */
  trainAvailable: number
  evalAvailable: number
  /** Null when it is not from the Hub. */
  from: FromHub | null
  problem: Problem
  /** What is odd about them */
  notes: Note[]
}

/** What a slow part is, and how far it has come. */
export type Progress = (what: string, done: number, of: number) => void

/**
 * Reads the rows that a run asks for: `shuffle(shuffle_seed).select(range(max_train_samples))` of the training split, and
 * likewise for the evaluation, with the very rows that the datasets library gives. Throws UserError.
 */
export async function loadDataset({
  run,
  signal,
  progress = () => undefined,
  reach,
  expect = () => undefined,
}: {
  run: RunFile
  signal: AbortSignal
  progress?: Progress
  reach?: Reach
  /** Told about how many characters of text there are to read, before they are read */
  expect?: (characters: number) => void
}): Promise<Dataset> {
  const { dataset, dataset_revision, dataset_config_name, args } = run.spec
  if (dataset === BUILTIN_EMAILS) {
    return loadEmails({ args, cache_folder: run.cache_folder, signal, progress, expect })
  }
  const source = await openSource({
    dataset,
    dataset_revision,
    dataset_config_name,
    datasets_folder: run.datasets_folder,
    ...(reach ? { reach } : {}),
  })
  expect(charactersOf(source, args))
  const scanned = await scan({ source, args, signal })
  const read = (split: Split, most: number | null, what: string) =>
    collect({
      split,
      targetOf: scanned.targetOf,
      text_column: scanned.text.name,
      selected: select(split.rows, most, args),
      max_length: args.max_length,
      truncation_side: args.truncation_side,
      signal,
      progress: (done, of) => progress(what, done, of),
    })
  const { problem } = scanned
  const train = await read(scanned.train, args.max_train_samples, 'reading training rows')
  const evaluated = await read(scanned.eval, args.max_eval_samples, 'reading evaluation rows')
  return {
    train,
    eval: evaluated,
    trainAvailable: scanned.train.rows,
    evalAvailable: scanned.eval.rows,
    from: source.from,
    problem,
    notes: notesOf({ train, eval: evaluated, problem }),
  }
}

/** Of the files at most, and of the rows that are selected at most what a model reads of them. */
function charactersOf({ train, eval: evaluated }: Source, args: Arguments): number {
  const bytes = [...train, ...(evaluated ?? [])].reduce((sum, table) => sum + table.bytes, 0)
  const rows = (args.max_train_samples ?? Infinity) + (args.max_eval_samples ?? Infinity)
  return Math.min(bytes, rows * args.max_length * CHARACTERS_A_TOKEN)
}
