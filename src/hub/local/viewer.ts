import { type AsyncBuffer, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { bytesOf, type Content } from './content.ts'
import { type Exchange, Refusal, type Route, sendJson } from './exchange.ts'
import { checkDownload, findRepository } from './find.ts'
import { findCommit, PARQUET_BRANCH, type Repository } from './repository.ts'

/** The dataset viewer's answers, all read from the Parquet conversion. */
export const viewerRoutes: readonly Route[] = [
  { method: 'GET', path: /^\/parquet$/, answer: listParquet },
  { method: 'GET', path: /^\/splits$/, answer: listSplits },
  { method: 'GET', path: /^\/info$/, answer: info },
  { method: 'GET', path: /^\/size$/, answer: size },
  { method: 'GET', path: /^\/is-valid$/, answer: isValid },
  { method: 'GET', path: /^\/(?:rows|first-rows)$/, answer: rows },
  { method: 'GET', path: /^\/api\/datasets\/(?<name>[^/]+(?:\/[^/]+)?)\/parquet$/, answer: shardUrls },
]

interface Shard {
  config: string
  split: string
  path: string
  content: Content
}

const NOT_PROCESSED = 'The dataset viewer is not available for this dataset.'

async function conversion(exchange: Exchange): Promise<{ repository: Repository; shards: Shard[]; revision: string }> {
  const name = exchange.at.name ?? exchange.url.searchParams.get('dataset') ?? ''
  const repository = findRepository(exchange, 'dataset', name)
  checkDownload(exchange, repository)
  const commit = await findCommit(repository, PARQUET_BRANCH)
  const main = await findCommit(repository, 'main')
  const shards = [...(commit?.files ?? [])].flatMap(([path, content]) => {
    const [config, split] = path.split('/')
    return config !== undefined && split !== undefined ? [{ config, split, path, content }] : []
  })
  if (shards.length === 0) throw new Refusal(501, NOT_PROCESSED, 'ResponseNotFound')
  return { repository, shards, revision: main?.id ?? '' }
}

async function listParquet(exchange: Exchange): Promise<void> {
  const { repository, shards, revision } = await conversion(exchange)
  const files = shards.map(({ config, split, path, content }) => ({
    dataset: repository.name,
    config,
    split,
    url: `${exchange.hub.url()}/datasets/${repository.name}/resolve/${encodeURIComponent(PARQUET_BRANCH)}/${path}`,
    filename: path.split('/').at(-1),
    size: content.size,
  }))
  sendJson(
    exchange.response,
    { parquet_files: files, pending: [], failed: [], partial: false },
    { 'x-revision': revision },
  )
}

async function shardUrls(exchange: Exchange): Promise<void> {
  const { repository, shards } = await conversion(exchange)
  const urls: Record<string, Record<string, string[]>> = {}
  for (const { config, split } of shards) {
    const splits = (urls[config] ??= {})
    const list = (splits[split] ??= [])
    list.push(`${exchange.hub.url()}/api/datasets/${repository.name}/parquet/${config}/${split}/${list.length}.parquet`)
  }
  sendJson(exchange.response, urls)
}

async function listSplits(exchange: Exchange): Promise<void> {
  const { repository, shards } = await conversion(exchange)
  const names = new Map(
    shards.map(({ config, split }) => [`${config}/${split}`, { dataset: repository.name, config, split }]),
  )
  sendJson(exchange.response, { splits: [...names.values()], pending: [], failed: [] })
}

async function info(exchange: Exchange): Promise<void> {
  const { repository, shards, revision } = await conversion(exchange)
  const configs: Record<
    string,
    {
      features: unknown
      splits: Record<string, { name: string; num_bytes: number; num_examples: number; dataset_name: string }>
      dataset_name: string
      config_name: string
      builder_name: string
    }
  > = {}
  for (const { config, split, content } of shards) {
    const metadata = await footerOf(content)
    const name = repository.name.split('/').at(-1) ?? ''
    const about = (configs[config] ??= {
      features: featuresOf(metadata),
      splits: {},
      dataset_name: name,
      config_name: config,
      builder_name: 'parquet',
    })
    const counts = (about.splits[split] ??= { name: split, num_bytes: 0, num_examples: 0, dataset_name: name })
    counts.num_examples += Number(metadata.num_rows)
    counts.num_bytes += content.size
  }
  const asked = exchange.url.searchParams.get('config')
  sendJson(
    exchange.response,
    { dataset_info: asked === null ? configs : configs[asked], pending: [], failed: [], partial: false },
    { 'x-revision': revision },
  )
}

async function size(exchange: Exchange): Promise<void> {
  const { repository, shards } = await conversion(exchange)
  let rowCount = 0
  for (const { content } of shards) rowCount += Number((await footerOf(content)).num_rows)
  const bytes = shards.reduce((sum, { content }) => sum + content.size, 0)
  sendJson(exchange.response, {
    size: { dataset: { dataset: repository.name, num_bytes_parquet_files: bytes, num_rows: rowCount } },
    pending: [],
    failed: [],
    partial: false,
  })
}

async function isValid(exchange: Exchange): Promise<void> {
  await conversion(exchange)
  sendJson(exchange.response, { preview: true, viewer: true, search: false, filter: false, statistics: false })
}

async function rows(exchange: Exchange): Promise<void> {
  const { shards } = await conversion(exchange)
  const { searchParams } = exchange.url
  const offset = Number(searchParams.get('offset') ?? 0)
  const length = Number(searchParams.get('length') ?? 100)
  if (length > 100) throw new Refusal(422, "Parameter 'length' must not be greater than 100")
  const mine = shards.filter(
    ({ config, split }) => config === searchParams.get('config') && split === searchParams.get('split'),
  )
  const found: { row_idx: number; row: unknown; truncated_cells: string[] }[] = []
  let before = 0
  let features: Record<string, unknown> = {}
  for (const { content } of mine) {
    const metadata = await footerOf(content)
    features = featuresOf(metadata)
    const count = Number(metadata.num_rows)
    const start = Math.max(0, offset - before)
    const end = Math.min(count, offset + length - before)
    if (start < end) {
      const read = await parquetReadObjects({ file: bufferOf(content), metadata, rowStart: start, rowEnd: end })
      for (const [i, row] of read.entries()) {
        const plain = Object.entries(row).map(([name, cell]: [string, unknown]) => [
          name,
          typeof cell === 'bigint' ? Number(cell) : cell,
        ])
        found.push({ row_idx: before + start + i, row: Object.fromEntries(plain), truncated_cells: [] })
      }
    }
    before += count
  }
  if (mine.length === 0) throw new Refusal(404, 'The split does not exist, or it cannot be read.', 'SplitNotFoundError')
  sendJson(exchange.response, {
    features: Object.entries(features).map(([name, type], feature_idx) => ({ feature_idx, name, type })),
    rows: found,
    num_rows_total: before,
    num_rows_per_page: 100,
    partial: false,
  })
}

function bufferOf(content: Content): AsyncBuffer {
  return {
    byteLength: content.size,
    slice: async (start, end) => {
      const bytes = await bytesOf(content, start, end ?? content.size)
      return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length) as ArrayBuffer
    },
  }
}

async function footerOf(content: Content): Promise<FileMetaData> {
  return parquetMetadataAsync(bufferOf(content))
}

function featuresOf(metadata: FileMetaData): Record<string, unknown> {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  if (text === undefined) return {}
  return (JSON.parse(text) as { info: { features: Record<string, unknown> } }).info.features
}
