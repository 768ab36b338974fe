import { asyncBufferFromFile, parquetReadObjects } from 'hyparquet'
import { expect, test } from 'vitest'
import { readDataset } from '../../src/hub/dataset.ts'
import { makeReviews, REVIEW_LABELS } from '../../src/hub/local/reviews.ts'
import { datasetSeed } from '../../src/hub/local/seeds.ts'
import { shardsOf } from '../../src/hub/shards.ts'
import { chooseConfig, chooseSplits, downloadSplits } from '../../src/hub/splits.ts'
import { previewRows } from '../../src/hub/viewer.ts'
import { hubRoom, temporaryFolder } from './room.ts'

const sharded = datasetSeed({
  name: 'team/sharded',
  config: 'default',
  labels: REVIEW_LABELS,
  folder: await temporaryFolder(),
  shards: 3,
  splits: {
    train: () => makeReviews({ split: 'train', rows: 50 }),
    test: () => makeReviews({ split: 'test', rows: 9 }),
  },
})
const { hub, cacheFolder } = await hubRoom({
  more: [sharded, { ...sharded, name: 'team/unconverted', parquet: null }],
})
const access = { hubUrl: hub.url, viewerUrl: hub.url, cacheFolder }

test('imdb is stanfordnlp/imdb: configuration, splits, columns, labels, shards', async () => {
  const dataset = await readDataset({ ...access, name: 'imdb' })
  expect(dataset).toMatchObject({ asked: 'imdb', name: 'stanfordnlp/imdb', shardsRevision: 'refs/convert/parquet' })
  expect(dataset.configs).toHaveLength(1)
  const config = chooseConfig(dataset, null)
  expect(config.features).toEqual([
    { name: 'text', kind: 'string', labels: null },
    { name: 'label', kind: 'ClassLabel', labels: ['neg', 'pos'] },
  ])
  expect(config.splits.map(({ name, rows, shards }) => [name, rows, shards.map(({ path }) => path)])).toEqual([
    ['train', 60, ['plain_text/train/0000.parquet']],
    ['test', 60, ['plain_text/test/0000.parquet']],
  ])
  expect(chooseSplits(config, dataset.name).eval?.name).toBe('test')
})

test('the shards come in the order of the rows', async () => {
  const dataset = await readDataset({ ...access, name: 'team/sharded' })
  const { splits } = chooseConfig(dataset, null)
  const { paths } = await downloadSplits({ ...access, dataset, splits })
  const rows: Record<string, unknown>[] = []
  for (const path of paths.train ?? []) {
    rows.push(...(await parquetReadObjects({ file: await asyncBufferFromFile(path) })))
  }
  const made = makeReviews({ split: 'train', rows: 50 })
  expect(rows.map(({ text }) => text)).toEqual(made.map(({ text }) => text))
  expect(rows.map(({ label }) => Number(label))).toEqual(made.map(({ label }) => label))

  const offline = await readDataset({ ...access, name: 'team/sharded', offline: true })
  expect(offline).toMatchObject({ from: 'cache', shardsCommit: dataset.shardsCommit })
  expect(chooseConfig(offline, null).features[1]?.labels).toEqual(['neg', 'pos'])
  expect(chooseConfig(offline, null).splits.map(({ rows: count }) => count)).toEqual([50, 9])
  expect((await downloadSplits({ ...access, offline: true, dataset: offline, splits })).paths).toEqual(paths)
})

test('without the viewer, columns and counts are read from the footers', async () => {
  const end = hub.addFault({ on: /GET \/info/, fault: { is: 'status', status: 500 } })
  const dataset = await readDataset({ ...access, name: 'team/sharded' })
  end()
  expect(chooseConfig(dataset, null).features[1]?.labels).toEqual(['neg', 'pos'])
  expect(chooseConfig(dataset, null).splits.map(({ rows }) => rows)).toEqual([50, 9])
})

test("without the viewer's copy, the repository's own Parquet files are taken", async () => {
  const dataset = await readDataset({ ...access, name: 'team/unconverted' })
  expect(dataset.shardsRevision).toBe('main')
  expect(dataset.configs[0]?.splits.map(({ name, rows }) => [name, rows])).toEqual([
    ['train', 50],
    ['test', 9],
  ])
})

test('a dataset that is only a script is explained, with the Parquet route', async () => {
  await expect(readDataset({ ...access, name: 'trouble/script' })).rejects.toMatchObject({
    message: expect.stringMatching(
      /is a loading script \(script\.py\).*Since version 4, `datasets` runs no scripts/s,
    ) as string,
    remedy: expect.stringMatching(/Parquet.*datasets<4/s) as string,
  })
})

test('a few rows can be looked at before anything is downloaded', async () => {
  const preview = await previewRows({
    ...access,
    name: 'imdb',
    config: 'plain_text',
    split: 'test',
    offset: 58,
    length: 5,
  })
  expect(preview?.total).toBe(60)
  expect(preview?.rows.map(({ label }) => label)).toEqual([1, 1])
  expect(await previewRows({ ...access, name: 'trouble/script', config: 'default', split: 'train' })).toBeNull()
})

test('a configuration that is not there is answered with those that are', async () => {
  const dataset = await readDataset({ ...access, name: 'imdb' })
  expect(() => chooseConfig(dataset, 'plain')).toThrow(/no configuration `plain`/)
})

test('Parquet files are found as people lay them out', () => {
  const files = [
    'data/train-00001-of-00002.parquet',
    'data/train-00000-of-00002.parquet',
    'dev.parquet',
    'en/test/0.parquet',
    'notes.parquet',
  ]
  const found = shardsOf(
    files.map((path) => ({ path, size: 1, oid: '', sha256: null })),
    'own',
  )
  expect(
    found.map(({ name, splits }) => [name, splits.map((split) => [split.name, split.shards.map(({ path }) => path)])]),
  ).toEqual([
    [
      'default',
      [
        ['train', ['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet']],
        ['validation', ['dev.parquet']],
      ],
    ],
    ['en', [['test', ['en/test/0.parquet']]]],
  ])
  const [partial] = shardsOf(
    [{ path: 'default/partial-train/0000.parquet', size: 1, oid: '', sha256: null }],
    'converted',
  )
  expect(partial?.splits[0]).toMatchObject({ name: 'train', partial: true })
})

test('a commit is read again as it was, although main has moved on; from the cache, too', async () => {
  const { shardsCommit, commit } = await readDataset({ ...access, name: 'imdb' })
  for (const revision of [shardsCommit, commit]) {
    const dataset = await readDataset({ ...access, name: 'stanfordnlp/imdb', revision })
    expect(dataset).toMatchObject({ shardsCommit: revision, shardsRevision: revision })
    const { name, splits } = chooseConfig(dataset, null)
    expect([name, splits.map((split) => [split.name, split.rows])]).toEqual([
      'plain_text',
      [
        ['train', 60],
        ['test', 60],
      ],
    ])
    await downloadSplits({ ...access, dataset, splits })
    const offline = await readDataset({ ...access, name: 'imdb', revision, offline: true })
    expect(offline).toMatchObject({ from: 'cache', shardsCommit: revision })
    expect(chooseConfig(offline, 'plain_text').splits.map(({ rows }) => rows)).toEqual([60, 60])
  }
  await expect(readDataset({ ...access, name: 'imdb', revision: 'v9' })).rejects.toThrow(/has no revision/)
})
