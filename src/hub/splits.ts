import { join } from 'node:path'
import { UserError } from '../user-error.ts'
import type { Dataset, DatasetConfig, DatasetSplit } from './dataset.ts'
import { type DownloadProgress, downloadSnapshot, type Snapshot } from './download.ts'
import type { Access } from './endpoint.ts'
import type { Patience } from './retry.ts'

/** The configuration of that name; without a name the only one, or `default`. Throws UserError that lists them. */
export function chooseConfig(dataset: Dataset, name: string | null): DatasetConfig {
  const names = dataset.configs.map((config) => config.name)
  const found = dataset.configs.find((config) => config.name === name)
  if (found) return found
  const [only] = dataset.configs
  const standard =
    dataset.configs.find((config) => config.name === 'default') ?? (names.length === 1 ? only : undefined)
  if (name === null && standard) return standard
  const list = names
    .slice(0, 20)
    .map((each) => `\`${each}\``)
    .join(', ')
  throw new UserError(
    name === null
      ? `\`${dataset.name}\` has ${names.length} configurations, and none is its default.`
      : `\`${dataset.name}\` has no configuration \`${name}\`.`,
    `Name one of ${list}${names.length > 20 ? ' …' : ''}.`,
  )
}

/** What is trained on, and what is evaluated on: `validation` when there is one, else `test`, else null. */
export function chooseSplits(
  { splits }: DatasetConfig,
  name: string,
): { train: DatasetSplit; eval: DatasetSplit | null } {
  const named = (wanted: string) => splits.find((split) => split.name === wanted) ?? null
  const train = named('train')
  if (!train) {
    throw new UserError(
      `\`${name}\` has no split \`train\`; it has ${splits.map((split) => `\`${split.name}\``).join(', ')}.`,
      'Take a dataset with a split for training.',
    )
  }
  return { train, eval: named('validation') ?? named('test') }
}

/** Brings splits into the cache; `paths` are their Parquet files in the order of the rows. */
export async function downloadSplits({
  dataset,
  splits,
  cacheFolder,
  ...rest
}: Access & {
  dataset: Dataset
  splits: readonly DatasetSplit[]
  cacheFolder: string
  connections?: number
  patience?: Patience
  progress?: (progress: DownloadProgress) => void
}): Promise<Snapshot & { paths: Record<string, string[]> }> {
  const snapshot: Snapshot =
    dataset.folder === null
      ? await downloadSnapshot({
          ...rest,
          cacheFolder,
          type: 'dataset',
          name: dataset.name,
          otherName: dataset.asked === dataset.name ? null : dataset.asked,
          commit: dataset.shardsCommit,
          ref: dataset.shardsRevision,
          files: splits.flatMap(({ shards }) => shards),
        })
      : { folder: dataset.folder, commit: dataset.shardsCommit, fetched: 0 }
  const paths = splits.map(({ name, shards }) => [name, shards.map(({ path }) => join(snapshot.folder, path))])
  return { ...snapshot, paths: Object.fromEntries(paths) as Record<string, string[]> }
}
