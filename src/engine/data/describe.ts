import type { Dataset, DatasetSplit } from '../../hub/dataset.ts'
import type { Feature } from '../../hub/features.ts'
import { chooseConfig, chooseSplits } from '../../hub/splits.ts'
import type { Arguments } from '../../run/arguments.ts'
import { chooseColumns } from './columns.ts'
import type { Inspection } from './inspect.ts'
import type { Column } from './table.ts'

/** The splits of a dataset of the Hub that a run reads. Throws UserError. */
export function readSplits(dataset: Dataset, dataset_config_name: string | undefined): DatasetSplit[] {
  const { train, eval: evaluated } = chooseSplits(chooseConfig(dataset, dataset_config_name ?? null), dataset.name)
  return evaluated === null ? [train] : [train, evaluated]
}

/**
 * What the Hub says of a dataset that is too large to be brought here for a draft: its columns, labels and rows, but not
 * how many rows a label has, nor anything of the texts. Throws UserError when it cannot be used.
 */
export function describeDataset(
  dataset: Dataset,
  { dataset_config_name, args }: { dataset_config_name?: string | undefined; args: Arguments },
): Inspection {
  const config = chooseConfig(dataset, dataset_config_name ?? null)
  const { train, eval: evaluated } = chooseSplits(config, dataset.name)
  const columns = config.features.map(columnOf)
  const { text, label } = chooseColumns({ table: { file: dataset.name, columns }, args })
  const all = train.rows ?? 0
  const made = evaluated === null ? Math.ceil(args.test_size * all) : 0
  return {
    columns: columns.map(({ name }) => name),
    text_column: text.name,
    label_column: label.name,
    problem_type: args.problem_type ?? problemOf(label),
    labels: [...(label.classes ?? [])],
    label_counts: [],
    label_range: null,
    train_rows: all - made,
    eval_rows: evaluated === null ? made : (evaluated.rows ?? 0),
    split: evaluated === null ? 'made' : 'given',
    duplicates: null,
    lengths: null,
  }
}

function columnOf({ name, kind, labels }: Feature): Column {
  return { name, kind: kindOf(kind), classes: labels }
}

function kindOf(kind: string): Column['kind'] {
  if (/string/.test(kind)) return 'text'
  if (kind === 'ClassLabel' || /^u?int/.test(kind)) return 'integer'
  if (/^float/.test(kind)) return 'number'
  if (kind === 'bool') return 'truth'
  return /list|sequence/i.test(kind) ? 'list' : 'other'
}

function problemOf({ kind }: Column): Inspection['problem_type'] {
  if (kind === 'list') return 'multi_label_classification'
  return kind === 'number' ? 'regression' : 'single_label_classification'
}
