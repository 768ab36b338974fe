import type { Arguments } from '../../run/arguments.ts'
import { UserError } from '../../user-error.ts'
import { permutation } from '../random/pcg64.ts'
import { chooseColumns } from './columns.ts'
import { gatherLabels } from './labels.ts'
import type { Source } from './source.ts'
import type { Column, Table } from './table.ts'

/** A first look at every row of a dataset: its label, but not yet its text. */
export interface Scan {
  columns: readonly Column[]
  text: Column
  label: Column
  labels: string[]
  train: Split
  eval: Split
  /** `made` when the evaluation rows were taken from the training rows */
  split: 'given' | 'made'
}

export interface Split {
  tables: readonly Table[]
  /** Rows of `tables` that belong to this split, in its order; null for all of them in theirs */
  members: Uint32Array | null
  /** The label's number, of each row of `tables` */
  labels: Int32Array
  rows: number
}

/** Seed of the split when `shuffle_seed` is none. */
const SPLIT_SEED = 42

/**
 * Reads the labels of all rows, and splits the rows where the dataset does not: `train_test_split(test_size, seed)` of the
 * datasets library, with `shuffle_seed` (42 when none), so that two runs that differ in `seed` are evaluated alike.
 * Throws UserError when the rows cannot be used.
 */
export async function scan({
  source,
  args,
  signal,
}: {
  source: Source
  args: Arguments
  signal: AbortSignal
}): Promise<Scan> {
  const [first] = source.train
  if (!first) throw new Error('A source has at least one training table')
  const { text, label } = chooseColumns({ table: first, args })
  const gathered = gatherLabels(label)
  const read = async (tables: readonly Table[]) => {
    const codes: number[] = []
    for (const table of tables) {
      chooseColumns({ table, args: { text_column: text.name, label_column: label.name } })
      for await (const { place, values } of table.rows([label.name])) {
        if (codes.length % 1000 === 0) signal.throwIfAborted()
        codes.push(gathered.code(values[0], `Row ${codes.length + 1} (${table.counts} ${place}) of \`${table.file}\``))
      }
    }
    return codes
  }
  const trainCodes = await read(source.train)
  const evalCodes = source.eval && (await read(source.eval))

  const { labels, places } = gathered.order()
  const numbered = (codes: readonly number[]) => Int32Array.from(codes, (code) => places[code] ?? -1)
  const all: Split = { tables: source.train, members: null, labels: numbered(trainCodes), rows: trainCodes.length }
  const given: Split | null = source.eval &&
    evalCodes && { tables: source.eval, members: null, labels: numbered(evalCodes), rows: evalCodes.length }
  const splits = given ? { train: all, eval: given } : divide(all, args, first.file)
  refuseOneLabel({ split: splits.train, labels, label, file: first.file })
  return { columns: first.columns, text, label, labels, ...splits, split: given ? 'given' : 'made' }
}

/** `train_test_split` of the datasets library: the first ceil(test_size · n) of a permutation are the test rows. */
function divide(all: Split, args: Arguments, file: string): { train: Split; eval: Split } {
  const test = Math.ceil(args.test_size * all.rows)
  if (all.rows - test < 1) {
    throw new UserError(
      `\`${file}\` has ${all.rows} ${all.rows === 1 ? 'row' : 'rows'}; with \`test_size\` ${args.test_size} none is left to train on.`,
      'Give it more rows, or a smaller `test_size`.',
    )
  }
  const order = permutation(all.rows, args.shuffle_seed ?? SPLIT_SEED)
  const part = (members: Uint32Array): Split => ({ ...all, members, rows: members.length })
  return { train: part(order.subarray(test)), eval: part(order.subarray(0, test)) }
}

/** How many rows of a split each label has. */
export function countLabels(split: Split, labels: readonly string[]): number[] {
  const counts = labels.map(() => 0)
  for (const row of split.members ?? split.labels.keys()) {
    const label = split.labels[row] ?? -1
    counts[label] = (counts[label] ?? 0) + 1
  }
  return counts
}

function refuseOneLabel(from: { split: Split; labels: readonly string[]; label: Column; file: string }): void {
  const counts = countLabels(from.split, from.labels)
  const present = from.labels.filter((_, i) => (counts[i] ?? 0) > 0)
  if (present.length >= 2) return
  throw new UserError(
    `All ${from.split.rows} training rows of \`${from.file}\` have the same label in \`${from.label.name}\`: \`${present[0]?.slice(0, 60) ?? ''}\`. A classifier needs two or more.`,
    'Add rows of another label, or name another column with `label_column`.',
  )
}
