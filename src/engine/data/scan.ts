import type { Arguments } from '../../run/arguments.ts'
import { UserError } from '../../user-error.ts'
import type { Problem, Target } from '../problem.ts'
import { permutation } from '../random/pcg64.ts'
import { chooseColumns } from './columns.ts'
import { readLabels } from './labels.ts'
import type { Source } from './source.ts'
import type { Column, Table } from './table.ts'
import { textSketch, type TextSketch } from './text-sketch.ts'

/** A first look at every row of a dataset: its label, but not yet its text. */
export interface Scan {
  columns: readonly Column[]
  text: Column
  label: Column
  problem: Problem
  /** What a row's code stands for */
  targetOf: (code: number) => Target
  train: Split
  eval: Split
  /** `made` when the evaluation rows were taken from the training rows */
  split: 'given' | 'made'
}

export interface Split {
  tables: readonly Table[]
  /** Rows of `tables` that belong to this split, in its order; null for all of them in theirs */
  members: Uint32Array | null
  /** The label, as a code, of each row of `tables` */
  codes: Float64Array
  /** What is kept of each row's text, where that was asked for */
  texts: TextSketch | null
  rows: number
}

/** Seed of the split when `shuffle_seed` is none. */
const SPLIT_SEED = 42

/**
 * Reads the labels of all rows, and splits the rows where the dataset does not: `train_test_split(test_size, seed)` of the
 * datasets library, with `shuffle_seed` (42 when none), so that two runs that differ in `seed` are evaluated alike. With
 * `texts` each text's length and fingerprint are taken too. Throws UserError when the rows cannot be used.
 */
export async function scan({
  source,
  args,
  texts = false,
  signal,
}: {
  source: Source
  args: Arguments
  texts?: boolean
  signal: AbortSignal
}): Promise<Scan> {
  const [first] = source.train
  if (!first) throw new Error('A source has at least one training table')
  const { text, label } = chooseColumns({ table: first, args })
  const reader = readLabels(label, args.problem_type)
  const read = async (tables: readonly Table[]): Promise<Split> => {
    const codes: number[] = []
    const sketch = texts ? textSketch() : null
    for (const table of tables) {
      chooseColumns({ table, args: { text_column: text.name, label_column: label.name } })
      for await (const { place, values } of table.rows(sketch ? [label.name, text.name] : [label.name])) {
        if (codes.length % 1000 === 0) signal.throwIfAborted()
        codes.push(reader.code(values[0], `Row ${codes.length + 1} (${table.counts} ${place}) of \`${table.file}\``))
        sketch?.add(values[1])
      }
    }
    return {
      tables,
      members: null,
      codes: Float64Array.from(codes),
      texts: sketch?.finish() ?? null,
      rows: codes.length,
    }
  }
  const all = await read(source.train)
  const given = source.eval && (await read(source.eval))

  const { problem, targetOf } = reader.finish()
  const splits = given ? { train: all, eval: given } : divide(all, args, first.file)
  refuseOneLabel({ split: splits.train, problem, targetOf, label, file: first.file })
  return { columns: first.columns, text, label, problem, targetOf, ...splits, split: given ? 'given' : 'made' }
}

/** `train_test_split` of the datasets library: the first ceil(test_size · n) of a permutation are the test rows. */
function divide(all: Split, args: Arguments, file: string): { train: Split; eval: Split } {
  const test = Math.ceil(args.test_size * all.rows)
  if (all.rows - test < 1) {
    throw new UserError(
      `\`${file}\` has ${all.rows} ${all.rows === 1 ? 'row' : 'rows'}; with \`test_size\` ${args.test_size} none is left to train on.`,
      'Give it more rows, or a smaller `test_size`.',
      'dataset-empty',
    )
  }
  const order = permutation(all.rows, args.shuffle_seed ?? SPLIT_SEED)
  const part = (members: Uint32Array): Split => ({ ...all, members, rows: members.length })
  return { train: part(order.subarray(test)), eval: part(order.subarray(0, test)) }
}

/** The codes of a split's rows, in its order. */
export function* codesOf({ members, codes }: Split): Generator<number, void, void> {
  if (members === null) yield* codes
  else for (const row of members) yield codes[row] ?? -1
}

function refuseOneLabel({
  split,
  problem,
  targetOf,
  label,
  file,
}: {
  split: Split
  problem: Problem
  targetOf: (code: number) => Target
  label: Column
  file: string
}): void {
  const present = new Set<number>()
  for (const code of codesOf(split)) {
    for (const target of [targetOf(code)].flat()) present.add(target)
    if (present.size >= 2) return
  }
  const [only] = present
  const name = problem.type === 'regression' ? String(only) : (problem.labels[only ?? -1] ?? '')
  const needs = problem.type === 'regression' ? 'A regression needs different ones.' : 'A classifier needs two or more.'
  throw new UserError(
    `All ${split.rows} training rows of \`${file}\` have the same label in \`${label.name}\`: \`${name.slice(0, 60)}\`. ${needs}`,
    'Add rows of another label, or name another column with `label_column`.',
    'dataset-one-label',
  )
}
