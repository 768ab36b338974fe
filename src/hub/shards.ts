import type { RemoteFile } from './repository.ts'

/** Parquet files by configuration and split, in the order of the rows. */
export interface Sharded {
  name: string
  splits: { name: string; bytes: number; partial: boolean; shards: RemoteFile[] }[]
}

const SPLITS: Readonly<Record<string, string>> = {
  train: 'train',
  training: 'train',
  validation: 'validation',
  valid: 'validation',
  val: 'validation',
  dev: 'validation',
  test: 'test',
  testing: 'test',
  eval: 'test',
  unsupervised: 'unsupervised',
}
/** The order in which people name them. */
const ORDER = ['train', 'validation', 'test']

/**
 * Groups Parquet files. `converted`: `config/split/0000.parquet`, as the dataset viewer writes them, where a split that
 * was too large begins with `partial-`. `own`: as people lay them out, `config/train-00000-of-00002.parquet`,
 * `data/test.parquet`, `train/0.parquet`. A file that names no split is left out.
 */
export function shardsOf(files: readonly RemoteFile[], layout: 'converted' | 'own'): Sharded[] {
  const configs = new Map<string, Sharded>()
  for (const file of [...files].sort((a, b) => (a.path < b.path ? -1 : 1))) {
    const place = layout === 'converted' ? placeConverted(file.path) : placeOwn(file.path)
    if (!place) continue
    const config = configs.get(place.config) ?? { name: place.config, splits: [] }
    configs.set(place.config, config)
    let split = config.splits.find(({ name }) => name === place.split)
    if (!split) config.splits.push((split = { name: place.split, bytes: 0, partial: place.partial, shards: [] }))
    split.shards.push(file)
    split.bytes += file.size
  }
  const rank = (name: string) => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length)
  for (const { splits } of configs.values()) splits.sort((a, b) => rank(a.name) - rank(b.name))
  return [...configs.values()]
}

/** Whether the files are laid out as the dataset viewer writes them. */
export function areConverted(paths: readonly string[]): boolean {
  return paths.length > 0 && paths.every((path) => /^[^/]+\/[^/]+\/\d{4}\.parquet$/.test(path))
}

interface Place {
  config: string
  split: string
  partial: boolean
}

function placeConverted(path: string): Place | null {
  const [config, split, file] = path.split('/')
  if (config === undefined || split === undefined || file === undefined) return null
  const partial = split.startsWith('partial-')
  return { config, split: partial ? split.slice('partial-'.length) : split, partial }
}

function placeOwn(path: string): Place | null {
  const parts = path.split('/')
  const file = parts.pop() ?? ''
  const split = splitOf(file)
  const parent = parts.at(-1) ?? ''
  if (split !== null) return { config: configOf(parts), split, partial: false }
  const folder = splitOf(parent)
  return folder === null ? null : { config: configOf(parts.slice(0, -1)), split: folder, partial: false }
}

function splitOf(name: string): string | null {
  const word = /^([a-z]+)(?:$|[-_.\d])/i.exec(name)?.[1]?.toLowerCase()
  return word === undefined ? null : (SPLITS[word] ?? null)
}

function configOf(folders: readonly string[]): string {
  const name = folders.filter((folder) => folder !== 'data').join('-')
  return name === '' ? 'default' : name
}
