import { expect, test } from 'vitest'
import { MODEL_TYPES } from '../../src/engine/models/kinds.ts'
import { downloadModel, readModel } from '../../src/hub/model.ts'
import { createSearch } from '../../src/hub/search.ts'
import { startLocalHub } from '../../src/hub/local/local-hub.ts'
import type { Seed } from '../../src/hub/local/repository.ts'
import { hubRoom } from './room.ts'

const many = Array.from({ length: 60 }, (_, i): Seed => ({
  type: 'model',
  name: `crowd/bert-${i}`,
  downloads: i,
  files: () => Promise.resolve({ 'config.json': `{"model_type":"${i % 2 === 0 ? 'bert' : 't5'}"}` }),
}))
const { hub, cacheFolder } = await hubRoom({ more: many })

test('models and datasets are found by a part of their name, those that can be trained first', async () => {
  const search = createSearch({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder })
  const { hits, from } = await search.models('bert')
  expect(from).toBe('hub')
  expect(hits).toHaveLength(25)
  expect(hits.slice(0, 10).every(({ trainable }) => trainable === true)).toBe(true)
  const distil = (await search.models('distilbert-base-uncased')).hits[0]
  expect(distil).toMatchObject({ name: 'distilbert/distilbert-base-uncased', trainable: true, cached: false })
  expect((await search.datasets('imdb')).hits[0]?.name).toBe('stanfordnlp/imdb')
})

test('the same question again is answered from memory, at once, and asked anew when it is old', async () => {
  let time = 0
  const search = createSearch({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, fresh: 1_000, now: () => time })
  await search.models('encoder')
  const before = hub.seen.length
  const began = performance.now()
  expect((await search.models('encoder ')).from).toBe('kept')
  expect(performance.now() - began).toBeLessThan(300)
  expect(hub.seen.length).toBe(before)

  time = 2_000
  expect((await search.models('encoder')).from).toBe('kept')
  await expect.poll(() => hub.seen.length).toBe(before + 1)
})

test('a slow Hub: something useful in time, and the answer for the next keystroke', async () => {
  const search = createSearch({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, patience: 50 })
  const end = hub.addFault({ on: /\/api\/models\?/, times: 1, fault: { is: 'delay', ms: 400 } })
  const { hits, from } = await search.models('roberta')
  expect(from).toBe('here')
  expect(hits.map(({ name }) => name)).toContain('FacebookAI/roberta-base')
  end()
  await search.models('bert')
  expect((await search.models('bert-5')).hits.some(({ name }) => name === 'crowd/bert-58')).toBe(true)
  await expect.poll(async () => (await search.models('roberta')).from, { timeout: 5_000 }).toBe('kept')
})

test('no Hub: what is known and what is here, with the reason', async () => {
  const model = await readModel({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, name: 'finetune/encoder' })
  await downloadModel({ hubUrl: hub.url, cacheFolder, model })
  const gone = await startLocalHub()
  await gone.close()
  const search = createSearch({ trainable: MODEL_TYPES, hubUrl: gone.url, cacheFolder })
  const models = await search.models('encoder')
  expect(models).toMatchObject({ from: 'here', failure: { is: 'unreachable' } })
  expect(models.hits).toEqual([expect.objectContaining({ name: 'finetune/encoder', cached: true })])
  const offline = createSearch({ trainable: MODEL_TYPES, hubUrl: gone.url, cacheFolder, offline: true })
  expect((await offline.datasets('imdb')).hits.map(({ name }) => name)).toEqual(['stanfordnlp/imdb'])
})
