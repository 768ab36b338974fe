import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { findCached } from './cache.ts'
import type { Dataset, DatasetConfig } from './dataset.ts'
import { featuresOfFooter } from './features.ts'
import { CANONICAL_DATASETS } from './names.ts'
import { footerOfFile } from './parquet-footer.ts'
import type { RemoteFile } from './repository.ts'
import { areConverted, shardsOf } from './shards.ts'

/** The dataset as far as its Parquet files are in the cache; null when none are. */
export async function datasetOfCache({
  name,
  cacheFolder,
  revisions,
}: {
  name: string
  cacheFolder: string
  /** Branches to look at, the best first. */
  revisions: readonly string[]
}): Promise<Dataset | null> {
  for (const revision of revisions) {
    const canonical = CANONICAL_DATASETS[name] ?? name
    const cached = await findCached({ cacheFolder, type: 'dataset', name: canonical, revision })
    if (!cached) continue
    const files: RemoteFile[] = []
    for (const path of cached.paths.filter((each) => each.endsWith('.parquet'))) {
      const { size } = await stat(join(cached.folder, path))
      files.push({ path, size, oid: '', sha256: null })
    }
    const configs: DatasetConfig[] = []
    for (const { name: config, splits } of shardsOf(
      files,
      areConverted(files.map(({ path }) => path)) ? 'converted' : 'own',
    )) {
      const described: DatasetConfig = { name: config, features: [], splits: [] }
      for (const split of splits) {
        let rows = 0
        for (const { path } of split.shards) {
          const footer = await footerOfFile(join(cached.folder, path))
          rows += Number(footer.num_rows)
          if (described.features.length === 0) described.features = featuresOfFooter(footer)
        }
        described.splits.push({ ...split, rows })
      }
      configs.push(described)
    }
    if (configs.length === 0) continue
    return {
      asked: name,
      name: cached.name,
      commit: cached.commit,
      shardsRevision: revision,
      shardsCommit: cached.commit,
      gated: false,
      private: false,
      configs,
      notices: ['The Hub was not asked: this is what the cache of this machine holds.'],
      from: 'cache',
      folder: cached.folder,
    }
  }
  return null
}
