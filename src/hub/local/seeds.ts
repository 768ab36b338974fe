import { randomUUID } from 'node:crypto'
import { mkdir, rename, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { datasetCard, type LabelledText, textParquet } from './parquet.ts'
import type { Seed } from './repository.ts'
import { makeReviews, REVIEW_LABELS } from './reviews.ts'

const ENCODER_FILES = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json', 'README.md']

/** A folder in the layout of a Hub repository, served as a model. */
export function modelSeed({
  name,
  folder,
  files = ENCODER_FILES,
  ...rest
}: Omit<Seed, 'type' | 'files' | 'parquet'> & { folder: string; files?: readonly string[] }): Seed {
  return {
    ...rest,
    type: 'model',
    name,
    pipelineTag: 'fill-mask',
    tags: ['transformers', 'safetensors'],
    files: () => Promise.resolve(Object.fromEntries(files.map((path) => [path, { file: join(folder, path) }]))),
  }
}

/** Rows served as a dataset, both as the repository's own Parquet files and as the viewer's conversion. */
export function datasetSeed({
  name,
  config,
  labels,
  splits,
  folder,
  shards = 1,
  ...rest
}: Omit<Seed, 'type' | 'files' | 'parquet'> & {
  config: string
  labels: readonly string[]
  splits: Readonly<Record<string, () => LabelledText[] | Promise<LabelledText[]>>>
  /** Where the Parquet files are kept once they are made. */
  folder: string
  /** Files a split is cut into. */
  shards?: number
}): Seed {
  const prefix = name.replaceAll('/', '--')
  const made = once(async () => {
    await mkdir(folder, { recursive: true })
    const parts: { split: string; shard: number; file: string }[] = []
    for (const [split, read] of Object.entries(splits)) {
      const rows = once(async () => read())
      for (let shard = 0; shard < shards; shard++) {
        const file = join(folder, `${prefix}-${split}-${shard}-of-${shards}.parquet`)
        if (!(await stat(file).catch(() => null))) {
          const all = await rows()
          const size = Math.ceil(all.length / shards)
          await writeWhole(file, textParquet({ rows: all.slice(shard * size, (shard + 1) * size), labels }))
        }
        parts.push({ split, shard, file })
      }
    }
    return parts
  })
  const numbered = (value: number) => String(value).padStart(5, '0')
  return {
    ...rest,
    type: 'dataset',
    name,
    tags: ['task_categories:text-classification'],
    files: async () => {
      const parts = (await made()).map(({ split, shard, file }) => [
        `${config}/${split}-${numbered(shard)}-of-${numbered(shards)}.parquet`,
        { file },
      ])
      const card = datasetCard({ title: name, config, splits: Object.keys(splits) })
      return { 'README.md': card, ...Object.fromEntries(parts) } as Record<string, string | { file: string }>
    },
    parquet: async () => {
      const parts = (await made()).map(({ split, shard, file }) => [
        `${config}/${split}/${String(shard).padStart(4, '0')}.parquet`,
        { file },
      ])
      return Object.fromEntries(parts) as Record<string, { file: string }>
    },
  }
}

/** A dataset in the form of IMDb: 25 000 rows of training and 25 000 of test, made in about 5 s and then kept. */
export function reviewsSeed({ folder, rows = 25_000 }: { folder: string; rows?: number }): Seed {
  return datasetSeed({
    name: 'stanfordnlp/imdb',
    renamedFrom: ['imdb'],
    downloads: 150_000,
    config: 'plain_text',
    labels: REVIEW_LABELS,
    folder: join(folder, `reviews-${rows}`),
    splits: { train: () => makeReviews({ split: 'train', rows }), test: () => makeReviews({ split: 'test', rows }) },
  })
}

/**
 * What the local Hub serves for the demo: the encoder under its own name and as DistilBERT, the e-mails, reviews in the
 * form of IMDb, and one repository for each thing that goes wrong.
 */
export function demoSeeds({
  folder,
  encoderFolder,
  emails,
  reviews = 25_000,
}: {
  folder: string
  encoderFolder: string
  emails: (split: 'train' | 'test') => Promise<LabelledText[]>
  reviews?: number
}): Seed[] {
  const tiny = (name: string, rest: Omit<Partial<Seed>, 'type' | 'name' | 'files' | 'parquet'> = {}) =>
    modelSeed({ name, folder: encoderFolder, ...rest })
  return [
    tiny('finetune/encoder', { downloads: 1_000 }),
    tiny('distilbert/distilbert-base-uncased', { renamedFrom: ['distilbert-base-uncased'], downloads: 9_000_000 }),
    datasetSeed({
      name: 'finetune/emails',
      config: 'default',
      labels: ['ham', 'spam'],
      folder,
      downloads: 500,
      splits: { train: () => emails('train'), test: () => emails('test') },
    }),
    reviewsSeed({ folder, rows: reviews }),
    tiny('trouble/gated', { gated: 'auto' }),
    tiny('trouble/gated-by-hand', { gated: 'manual' }),
    tiny('trouble/private', { private: true }),
    tiny('trouble/disabled', { disabled: true }),
    tiny('trouble/slow', { fault: { is: 'slow', bytesPerSecond: 200_000 } }),
    tiny('trouble/cut', { fault: { is: 'cut', after: 1_000_000 } }),
    tiny('trouble/damaged', { fault: { is: 'damage' } }),
    tiny('trouble/rate-limited', { fault: { is: 'status', status: 429, headers: { 'retry-after': '30' } } }),
    tiny('trouble/down', { fault: { is: 'status', status: 503 } }),
    {
      type: 'model',
      name: 'trouble/pickle',
      files: () => Promise.resolve({ 'config.json': '{"model_type":"bert"}', 'pytorch_model.bin': 'a pickle' }),
    },
    {
      type: 'model',
      name: 'trouble/unsupported',
      files: () => Promise.resolve({ 'config.json': '{"model_type":"t5"}', 'model.safetensors': 'no tensors' }),
    },
    {
      type: 'dataset',
      name: 'trouble/script',
      files: () => Promise.resolve({ 'README.md': '# A script\n', 'script.py': 'import datasets\n' }),
    },
  ]
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const unfinished = `${path}.${randomUUID()}`
  await writeFile(unfinished, bytes)
  await rename(unfinished, path)
}

function once<Value>(make: () => Promise<Value>): () => Promise<Value> {
  let made: Promise<Value> | null = null
  return () => (made ??= make())
}
