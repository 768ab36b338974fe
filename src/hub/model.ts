import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { judgeModel, neededPaths, type Suitability } from './architecture.ts'
import { type CachedSnapshot, findCached } from './cache.ts'
import { type DownloadProgress, downloadSnapshot, type Snapshot } from './download.ts'
import type { Access } from './endpoint.ts'
import { HubError } from './failure.ts'
import { CANONICAL_MODELS } from './names.ts'
import { apiPath, checkRepositoryName, filePath, type RemoteFile } from './repository.ts'
import { hubJson, hubRequest } from './request.ts'
import type { Patience } from './retry.ts'
import { listTree } from './tree.ts'

/** A model of the Hub at one commit. */
export interface Model {
  /** As it was asked for, and as the Hub names it now. */
  asked: string
  name: string
  /** What `revision` meant when it was asked for. */
  commit: string
  revision: string
  suitability: Suitability
  modelType: string | null
  architectures: string[]
  parameters: number | null
  license: string | null
  gated: false | 'auto' | 'manual'
  private: boolean
  /** What training needs, and how many bytes that is. Empty when it comes from the cache. */
  files: RemoteFile[]
  bytes: number
  /** `cache`: the Hub was not asked, or could not be. */
  from: 'hub' | 'cache'
  /** The folder, when it is from the cache. */
  folder: string | null
}

const Info = z.object({
  id: z.string(),
  sha: z.string(),
  private: z.boolean().optional(),
  gated: z.union([z.literal(false), z.enum(['auto', 'manual'])]).optional(),
  config: z.object({ model_type: z.string().optional(), architectures: z.array(z.string()).nullish() }).nullish(),
  safetensors: z.object({ total: z.number().optional() }).nullish(),
  cardData: z.object({ license: z.unknown() }).nullish(),
})
const FIELDS = ['sha', 'private', 'gated', 'config', 'safetensors', 'cardData']

/**
 * What a model is: the commit that its revision means now, whether it can be trained here, which files that needs. One
 * that is gated is checked for access. When the Hub cannot be reached, what the cache holds. Throws HubError, UserError.
 */
export async function readModel({
  name,
  revision = 'main',
  cacheFolder,
  trainable,
  ...access
}: Access & {
  name: string
  revision?: string
  cacheFolder: string
  /** Kinds of model that the engine trains, as `model_type` of config.json. */
  trainable: readonly string[]
}): Promise<Model> {
  checkRepositoryName(name, 'model')
  try {
    return await askModel({ name, revision, trainable, access })
  } catch (error) {
    if (!(error instanceof HubError) || !isAway(error)) throw error
    const cached = await findCached({ cacheFolder, type: 'model', name: CANONICAL_MODELS[name] ?? name, revision })
    const model = cached ? await modelOfCache({ asked: name, revision, cached, trainable }) : null
    if (model) return model
    throw error
  }
}

async function askModel({
  name,
  revision,
  trainable,
  access,
}: {
  name: string
  revision: string
  trainable: readonly string[]
  access: Access
}): Promise<Model> {
  const subject = { type: 'model', name } as const
  const query = new URLSearchParams(FIELDS.map((field): [string, string] => ['expand', field]))
  const { value: info } = await hubJson({
    ...access,
    url: `${apiPath('model', name)}/revision/${encodeURIComponent(revision)}?${query.toString()}`,
    subject,
    schema: Info,
  })
  const tree = await listTree({ ...access, type: 'model', name: info.id, revision: info.sha })
  const paths = tree.map(({ path }) => path)
  const gated = info.gated ?? false
  if (gated !== false && paths.includes('config.json')) {
    // The facts of a gated model are open to all, its files are not: better known now than after the launch.
    const url = filePath({ type: 'model', name: info.id, revision: info.sha, path: 'config.json' })
    await hubRequest({ ...access, url, method: 'HEAD', subject })
  }
  const needed = new Set(neededPaths(paths))
  const files = tree.filter(({ path }) => needed.has(path))
  const modelType = info.config?.model_type ?? null
  const license = info.cardData?.license
  return {
    asked: name,
    name: info.id,
    commit: info.sha,
    revision,
    suitability: judgeModel({ name: info.id, modelType, paths, trainable }),
    modelType,
    architectures: info.config?.architectures ?? [],
    parameters: info.safetensors?.total ?? null,
    license: typeof license === 'string' ? license : null,
    gated,
    private: info.private ?? false,
    files,
    bytes: files.reduce((sum, { size }) => sum + size, 0),
    from: 'hub',
    folder: null,
  }
}

async function modelOfCache({
  asked,
  revision,
  cached,
  trainable,
}: {
  asked: string
  revision: string
  cached: CachedSnapshot
  trainable: readonly string[]
}): Promise<Model | null> {
  const { name, commit, folder, paths } = cached
  const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => null)
  if (text === null) return null
  const config = JSON.parse(text) as { model_type?: string; architectures?: string[] }
  const modelType = config.model_type ?? null
  const suitability = judgeModel({ name, modelType, paths, trainable })
  // A folder that Python has only begun is not offered: weights may be missing from it.
  if (suitability.is === 'unsuitable') return null
  return {
    asked,
    name,
    commit,
    revision,
    suitability,
    modelType,
    architectures: config.architectures ?? [],
    parameters: null,
    license: null,
    gated: false,
    private: false,
    files: [],
    bytes: 0,
    from: 'cache',
    folder,
  }
}

const Config = z.looseObject({ max_position_embeddings: z.int().optional() })

/** What a model's config.json says of its size, before anything else is downloaded. Throws HubError. */
export async function readModelConfig({
  model,
  ...access
}: Access & { model: Model }): Promise<z.infer<typeof Config>> {
  if (model.folder !== null) {
    return Config.parse(JSON.parse(await readFile(join(model.folder, 'config.json'), 'utf8')))
  }
  const { name, commit } = model
  const url = filePath({ type: 'model', name, revision: commit, path: 'config.json' })
  return (await hubJson({ ...access, url, subject: { type: 'model', name }, schema: Config })).value
}

/** Brings what training needs into the cache. The folder has config.json, the tokenizer's files and the weights. */
export async function downloadModel({
  model,
  cacheFolder,
  ...rest
}: Access & {
  model: Model
  cacheFolder: string
  connections?: number
  patience?: Patience
  progress?: (progress: DownloadProgress) => void
}): Promise<Snapshot> {
  if (model.folder !== null) return { folder: model.folder, commit: model.commit, fetched: 0 }
  return downloadSnapshot({
    ...rest,
    cacheFolder,
    type: 'model',
    name: model.name,
    otherName: model.asked === model.name ? null : model.asked,
    commit: model.commit,
    ref: model.revision,
    files: model.files,
  })
}

/** Whether the Hub could not be asked at all, so that the cache may answer. */
export function isAway({ failure }: HubError): boolean {
  return ['offline', 'unreachable', 'unavailable', 'rate-limited', 'cut'].includes(failure.is)
}
