import { readDataset } from '../hub/dataset.ts'
import type { DownloadProgress } from '../hub/download.ts'
import { type HubSettings, readHubSettings } from '../hub/endpoint.ts'
import { HubError } from '../hub/failure.ts'
import type { Feature } from '../hub/features.ts'
import { downloadModel, readModel } from '../hub/model.ts'
import { CANONICAL_DATASETS, CANONICAL_MODELS } from '../hub/names.ts'
import { isRepositoryName } from '../hub/repository.ts'
import { chooseConfig, chooseSplits, downloadSplits } from '../hub/splits.ts'
import { UserError } from '../user-error.ts'
import type { Progress } from './data/dataset.ts'
import { findInside } from './data/place.ts'
import { FORMATS } from './data/table.ts'
import { MODEL_TYPES } from './models/kinds.ts'

/** How the engine reaches the Hub. */
export interface Reach {
  hub: HubSettings
  /** Ends a download; what came is kept. */
  signal?: AbortSignal
  progress?: Progress
}

/** A repository of the Hub at the commit that is read. */
export interface FromHub {
  name: string
  revision: string
  /** Of a dataset. */
  config_name?: string
}

/** The Hub that the environment names (docs/hub.md). A mistake there is thrown, as UserError, only where it is asked. */
export function reachHub(rest: Omit<Reach, 'hub'> = {}, env = process.env): Reach {
  return {
    ...rest,
    get hub() {
      return readHubSettings(env)
    },
  }
}

/** Whether a name that is nowhere here may be one of the Hub: what ends like a file is one of ours. */
export function mayBeOfHub(name: string): boolean {
  return isRepositoryName(name) && !name.startsWith('builtin/') && !isFile(name)
}

function isFile(name: string): boolean {
  return FORMATS.some((format) => name.toLowerCase().endsWith(format))
}

/** `imdb@v2` as people write it: a name, and a branch, tag or commit. */
export function atRevision(written: string): { name: string; revision: string | null } {
  const text = written.trim()
  const [, name, revision] = /^([^@\s]+)@([^@\s]+)$/.exec(text) ?? []
  // A file may have an @ in its name.
  if (name === undefined || revision === undefined || !mayBeOfHub(name) || isFile(text)) {
    return { name: text, revision: null }
  }
  return { name, revision }
}

/** Whether a name is looked for on the Hub, since it is not in its folder. Throws UserError where its path may not be read. */
export async function isOfHub(asked: { folder: string; path: string; what: 'model' | 'dataset' }): Promise<boolean> {
  return mayBeOfHub(asked.path) && (await findInside(asked)) === null
}

/** Brings a model of the Hub into the cache. Throws HubError, and UserError when it cannot be trained here. */
export async function bringModel({
  name,
  revision = 'main',
  reach,
}: {
  name: string
  revision?: string | undefined
  reach: Reach
}): Promise<{ folder: string; from: FromHub }> {
  const access = accessOf(reach)
  const model = await readModel({ ...access, name, revision, trainable: MODEL_TYPES })
  const { suitability } = model
  if (suitability.is === 'unsuitable') throw new UserError(suitability.why, suitability.instead, 'model-unsupported')
  const progress = downloading(model.name, reach)
  const { folder, commit } = await downloadModel({ ...access, model, progress })
  return { folder, from: { name: model.name, revision: commit } }
}

/** Parquet files of the splits that a run reads, in the order of their rows. */
export interface BroughtDataset {
  from: FromHub
  train: string[]
  eval: string[] | null
  /** As the Hub describes the columns; it knows names of labels that some files do not hold. */
  features: Feature[]
}

/** Brings the splits of a dataset of the Hub that a run reads into the cache. Throws HubError, UserError. */
export async function bringDataset({
  name,
  revision = 'main',
  config_name = null,
  reach,
}: {
  name: string
  revision?: string | undefined
  config_name?: string | null | undefined
  reach: Reach
}): Promise<BroughtDataset> {
  const access = accessOf(reach)
  const dataset = await readDataset({ ...access, name, revision })
  const config = chooseConfig(dataset, config_name)
  const wanted = chooseSplits(config, dataset.name)
  const splits = wanted.eval === null ? [wanted.train] : [wanted.train, wanted.eval]
  const progress = downloading(dataset.name, reach)
  const { paths } = await downloadSplits({ ...access, dataset, splits, progress })
  const filesOf = (split: string) => paths[split] ?? []
  return {
    from: { name: dataset.name, revision: dataset.shardsCommit, config_name: config.name },
    train: filesOf(wanted.train.name),
    eval: wanted.eval === null ? null : filesOf(wanted.eval.name),
    features: config.features,
  }
}

/** A failure to find on the Hub what is not here either: both places are named. */
export function nowhere({ name, here, there }: { name: string; here: UserError; there: unknown }): unknown {
  if (!(there instanceof HubError)) return there
  const { failure } = there
  const both = `${here.message} ${there.message}`
  if (failure.is === 'missing') {
    const remedy = [here.remedy, there.remedy].filter((each) => each !== null).join(' ')
    return new UserError(both, remedy, here.code)
  }
  if (failure.is !== 'offline' && failure.is !== 'unreachable') return there
  // A name without a namespace that is not one of the Hub's old ones was rather meant to be here.
  const meantThere = name.includes('/') || name in CANONICAL_MODELS || name in CANONICAL_DATASETS
  return meantThere ? new UserError(both, there.remedy, there.code) : new UserError(both, here.remedy, here.code)
}

function accessOf({ hub, signal }: Reach) {
  return { ...hub, ...(signal ? { signal } : {}) }
}

const MEGABYTE = 1e6

/** Progress in whole megabytes: bytes mean nothing to people. */
function downloading(name: string, { progress = () => undefined }: Reach): (progress: DownloadProgress) => void {
  return ({ bytes, waiting }) => {
    const what = waiting === null ? `downloading ${name}, MB` : `waiting for the Hub (${waiting.is}), ${name}, MB`
    progress(what, Math.floor(bytes.done / MEGABYTE), Math.ceil(bytes.of / MEGABYTE))
  }
}
