import { z } from 'zod'
import { UserError } from '../user-error.ts'
import { datasetOfCache } from './dataset-cache.ts'
import type { Access } from './endpoint.ts'
import { HubError } from './failure.ts'
import { type Feature, featuresOf, featuresOfFooter } from './features.ts'
import { isAway } from './model.ts'
import { footerOfHub } from './parquet-footer.ts'
import { apiPath, checkRepositoryName, filePath, type RemoteFile } from './repository.ts'
import { hubJson, hubRequest } from './request.ts'
import { areConverted, shardsOf, type Sharded } from './shards.ts'
import { listTree } from './tree.ts'
import { conversionState, viewerInfo, type ViewerInfo } from './viewer.ts'

/** The branch with the dataset viewer's Parquet copy. */
export const CONVERTED = 'refs/convert/parquet'
/** Shards whose footers are read for a count of rows when the viewer does not tell. */
const MOST_FOOTERS = 16

export interface DatasetSplit {
  name: string
  /** Null when nobody has counted them. */
  rows: number | null
  bytes: number
  /** The viewer converts no more than the first 5 GB. */
  partial: boolean
  /** In the order of the rows. */
  shards: RemoteFile[]
}

export interface DatasetConfig {
  name: string
  features: Feature[]
  splits: DatasetSplit[]
}

/** A dataset of the Hub at one commit, with the Parquet files that hold its rows. */
export interface Dataset {
  /** As it was asked for, and as the Hub names it now: `imdb`, `stanfordnlp/imdb`. */
  asked: string
  name: string
  /** Of `main`: what the dataset is. */
  commit: string
  /** The branch that the shards are from, and the commit that it was at. */
  shardsRevision: string
  shardsCommit: string
  gated: false | 'auto' | 'manual'
  private: boolean
  configs: DatasetConfig[]
  /** What a person should know, in whole sentences. */
  notices: string[]
  from: 'hub' | 'cache'
  /** The shards' folder, when it is from the cache. */
  folder: string | null
}

const Info = z.object({
  id: z.string(),
  sha: z.string(),
  private: z.boolean().optional(),
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]).optional(),
})

/**
 * What a dataset holds: its configurations, splits, columns with their labels, and the Parquet shards in order. Of `main`
 * the viewer's copy is taken, else the repository's own Parquet files; a dataset that is only a script is explained. Of
 * another revision, such as a `shardsCommit`, the Parquet files that it has. When the Hub cannot be reached, what the
 * cache holds. Throws HubError, UserError.
 */
export async function readDataset({
  name,
  revision = 'main',
  cacheFolder,
  ...access
}: Access & { name: string; revision?: string; cacheFolder: string }): Promise<Dataset> {
  checkRepositoryName(name, 'dataset')
  try {
    return await askDataset({ name, revision, access })
  } catch (error) {
    if (!(error instanceof HubError) || !isAway(error)) throw error
    const revisions = revision === 'main' ? [CONVERTED, 'main'] : [revision]
    const cached = await datasetOfCache({ name, cacheFolder, revisions })
    if (cached) return cached
    throw error
  }
}

async function askDataset({
  name,
  revision,
  access,
}: {
  name: string
  revision: string
  access: Access
}): Promise<Dataset> {
  const subject = { type: 'dataset', name } as const
  const { value: about } = await hubJson({
    ...access,
    url: `${apiPath('dataset', name)}/revision/${encodeURIComponent(revision)}?expand=sha&expand=private&expand=gated`,
    subject,
    schema: Info,
  })
  const isMain = revision === 'main'
  const [converted, described] = await Promise.all([
    isMain ? conversionOf({ name: about.id, access }) : null,
    viewerInfo({ ...access, name: about.id }),
  ])
  const source = converted ?? (await ownParquet({ name: about.id, revision, commit: about.sha, access }))
  const gated = about.gated ?? false
  const [anyFile] = source.files
  if (gated !== false && anyFile) {
    const url = filePath({ type: 'dataset', name: about.id, revision: source.commit, path: anyFile.path })
    await hubRequest({ ...access, url, method: 'HEAD', subject })
  }
  const sharded = shardsOf(source.files, layoutOf(source.files))
  const configs: DatasetConfig[] = []
  for (const each of sharded) {
    configs.push(
      await describeConfig({
        each,
        described: described?.[each.name] ?? null,
        counted: isMain,
        name: about.id,
        source,
        access,
      }),
    )
  }
  return {
    asked: name,
    name: about.id,
    commit: about.sha,
    shardsRevision: source.revision,
    shardsCommit: source.commit,
    gated,
    private: about.private ?? false,
    configs,
    notices: configs.some(({ splits }) => splits.some(({ partial }) => partial))
      ? ['The Hub has converted only the first 5 GB of it: that part is read.']
      : [],
    from: 'hub',
    folder: null,
  }
}

interface Source {
  revision: string
  commit: string
  files: RemoteFile[]
}

/** The viewer's copy, or null when there is none. */
async function conversionOf({ name, access }: { name: string; access: Access }): Promise<Source | null> {
  try {
    const { value } = await hubJson({
      ...access,
      url: `${apiPath('dataset', name)}/revision/${encodeURIComponent(CONVERTED)}?expand=sha`,
      subject: { type: 'dataset', name },
      schema: Info,
    })
    const tree = await listTree({ ...access, type: 'dataset', name, revision: value.sha, recursive: true })
    const files = tree.filter(({ path }) => path.endsWith('.parquet'))
    return files.length === 0 ? null : { revision: CONVERTED, commit: value.sha, files }
  } catch (error) {
    if (error instanceof HubError && ['no-revision', 'missing'].includes(error.failure.is)) return null
    throw error
  }
}

/** Parquet files of the repository itself; else an explanation of what to do. */
async function ownParquet({
  name,
  revision,
  commit,
  access,
}: {
  name: string
  revision: string
  commit: string
  access: Access
}): Promise<Source> {
  const tree = await listTree({ ...access, type: 'dataset', name, revision: commit, recursive: true })
  const files = tree.filter(({ path }) => path.endsWith('.parquet'))
  if (shardsOf(files, layoutOf(files)).length > 0) return { revision, commit, files }

  const state = await conversionState({ ...access, name })
  if (state === 'pending') {
    throw new UserError(`The Hub is still making the Parquet copy of \`${name}\`.`, 'Try again in a few minutes.')
  }
  const script = tree.find(({ path }) => path === `${name.split('/').at(-1) ?? ''}.py` || /^[^/]+\.py$/.test(path))
  if (script) {
    throw new UserError(
      `\`${name}\` is a loading script (${script.path}), and there is no Parquet copy of it. Since version 4, \`datasets\` runs no scripts, and nothing of a dataset is run here either.`,
      `Take a copy that has Parquet files (search its name on the Hub). Or make one once: \`pip install "datasets<4"\`, then \`load_dataset("${name}", trust_remote_code=True)["train"].to_parquet("train.parquet")\` for each split, and put the files into the datasets folder.`,
    )
  }
  const others = [
    ...new Set(
      tree
        .map(({ path }) => /\.(csv|tsv|jsonl?|txt|zip|gz|arrow)$/i.exec(path)?.[1])
        .filter((ending) => ending !== undefined),
    ),
  ]
  throw new UserError(
    `\`${name}\` has no Parquet files, and the Hub has made none${others.length > 0 ? `; it has ${others.join(', ')}` : ''}.`,
    'Download it, and put it as CSV, JSON Lines or Parquet into the datasets folder.',
  )
}

function layoutOf(files: readonly RemoteFile[]): 'converted' | 'own' {
  return areConverted(files.map(({ path }) => path)) ? 'converted' : 'own'
}

async function describeConfig({
  each,
  described,
  counted,
  name,
  source,
  access,
}: {
  each: Sharded
  described: ViewerInfo[string] | null
  /** Whether the viewer's numbers of rows are of this revision. */
  counted: boolean
  name: string
  source: Source
  access: Access
}): Promise<DatasetConfig> {
  const footer = (file: RemoteFile) => footerOfHub({ ...access, name, revision: source.commit, file })
  let features: Feature[] = described?.features ? featuresOf(described.features) : []
  const splits: DatasetSplit[] = []
  for (const split of each.splits) {
    let rows: number | null = counted ? (described?.splits[split.name] ?? null) : null
    const [first] = split.shards
    if (first && (features.length === 0 || rows === null)) {
      const footers = [await footer(first)]
      if (features.length === 0 && footers[0]) features = featuresOfFooter(footers[0])
      if (rows === null && split.shards.length <= MOST_FOOTERS) {
        for (const shard of split.shards.slice(1)) footers.push(await footer(shard))
        rows = footers.reduce((sum, { num_rows }) => sum + Number(num_rows), 0)
      }
    }
    splits.push({ ...split, rows })
  }
  return { name: each.name, features, splits }
}
