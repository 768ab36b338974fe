// Reads 2000 rows of a dataset, for a test that gives it little memory: read-rows.mjs FOLDER DATASET
import { register } from 'tsx/esm/api'

register()
const { loadDataset } = await import('../../../src/engine/data/dataset.ts')
const { buildSpec } = await import('../../../src/run/spec.ts')

const [folder, dataset] = process.argv.slice(2)
const spec = buildSpec({ model: 'builtin/encoder', dataset, args: { max_train_samples: 2000, max_eval_samples: 500 } })
const folders = { models_folder: folder, datasets_folder: folder, cache_folder: folder }
const { signal } = new AbortController()
const { train, trainAvailable } = await loadDataset({
  run: { version: 1, run: 1, launch: 'test', spec, ...folders },
  signal,
})
process.stdout.write(JSON.stringify({ rows: train.length, available: trainAvailable }))
