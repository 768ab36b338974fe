import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { MODEL_TYPES } from '../../src/engine/models/kinds.ts'
import { downloadModel, readModel } from '../../src/hub/model.ts'
import { hubRoom } from './room.ts'

const { hub, cacheFolder } = await hubRoom({
  more: [
    {
      type: 'model',
      name: 'many/formats',
      files: () =>
        Promise.resolve({
          'config.json': '{"model_type":"bert","architectures":["BertForMaskedLM"]}',
          'model-00001-of-00002.safetensors': 'first',
          'model-00002-of-00002.safetensors': 'second',
          'model.safetensors.index.json': '{}',
          'tokenizer.json': '{"version":"1.0"}',
          'vocab.txt': 'a\nb\n',
          'pytorch_model.bin': 'never',
          'tf_model.h5': 'never',
          'onnx/model.onnx': 'never',
          'README.md': '# Many\n',
        }),
    },
  ],
})
const access = { hubUrl: hub.url, cacheFolder }

test('the name of the seed is followed to where the model is now, and pinned to a commit', async () => {
  const model = await readModel({ trainable: MODEL_TYPES, ...access, name: 'distilbert-base-uncased' })
  expect(model).toMatchObject({
    asked: 'distilbert-base-uncased',
    name: 'distilbert/distilbert-base-uncased',
    modelType: 'distilbert',
    suitability: { is: 'trainable' },
    from: 'hub',
  })
  expect(model.commit).toMatch(/^[0-9a-f]{40}$/)
  expect(model.parameters).toBeGreaterThan(6_000_000)
  expect(model.files.map(({ path }) => path)).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
})

test('only what is needed is downloaded, of many formats one', async () => {
  const model = await readModel({ trainable: MODEL_TYPES, ...access, name: 'many/formats' })
  expect(model.files.map(({ path }) => path)).toEqual([
    'README.md',
    'config.json',
    'model-00001-of-00002.safetensors',
    'model-00002-of-00002.safetensors',
    'model.safetensors.index.json',
    'tokenizer.json',
    'vocab.txt',
  ])
  const { folder, fetched } = await downloadModel({ ...access, model })
  expect(fetched).toBe(model.bytes)
  expect(await readFile(join(folder, 'model-00002-of-00002.safetensors'), 'utf8')).toBe('second')
  expect(hub.seen.some(({ path }) => /pytorch_model|onnx|tf_model/.test(path))).toBe(false)
})

test.each([
  ['trouble/pickle', /no model.safetensors; its weights are pytorch_model.bin, a pickle/, /safetensors\/convert/],
  ['trouble/unsupported', /of the kind `t5`, which is not trained here/, /`distilbert`, `bert`, `roberta`/],
])('%s is refused with what would work', async (name, why, instead) => {
  const { suitability } = await readModel({ trainable: MODEL_TYPES, ...access, name })
  expect(suitability).toMatchObject({ is: 'unsuitable' })
  if (suitability.is !== 'unsuitable') return
  expect(suitability.why).toMatch(why)
  expect(suitability.instead).toMatch(instead)
})

test('a name that would lead out of the cache is refused before anything is asked', async () => {
  for (const name of ['../../etc', 'a/..', 'a/b/c', 'a--b/c', 'https://x/y']) {
    await expect(readModel({ trainable: MODEL_TYPES, ...access, name })).rejects.toThrow(/cannot be a model of the Hub/)
  }
})

test('offline, the cache answers, by the short name too; what is not there is said so', async () => {
  const model = await readModel({ trainable: MODEL_TYPES, ...access, name: 'distilbert-base-uncased' })
  const { folder } = await downloadModel({ ...access, model })
  const before = hub.seen.length
  const offline = await readModel({ trainable: MODEL_TYPES, ...access, name: 'distilbert-base-uncased', offline: true })
  expect(offline).toMatchObject({
    from: 'cache',
    name: 'distilbert/distilbert-base-uncased',
    commit: model.commit,
    folder,
  })
  expect((await downloadModel({ ...access, model: offline, offline: true })).folder).toBe(folder)
  await expect(
    readModel({ trainable: MODEL_TYPES, ...access, name: 'finetune/encoder', offline: true }),
  ).rejects.toThrow(/HF_HUB_OFFLINE is set, and the model `finetune\/encoder` is not in this machine's cache/)
  expect(hub.seen.length).toBe(before)
})

test('a Hub that is down does not stop what the cache holds', async () => {
  const end = hub.addFault({ on: /./, fault: { is: 'status', status: 503 } })
  expect((await readModel({ trainable: MODEL_TYPES, ...access, name: 'distilbert-base-uncased' })).from).toBe('cache')
  end()
})

test('the pinned commit is asked for again by its id', async () => {
  const { commit } = await readModel({ trainable: MODEL_TYPES, ...access, name: 'finetune/encoder' })
  expect(
    (await readModel({ trainable: MODEL_TYPES, ...access, name: 'finetune/encoder', revision: commit })).commit,
  ).toBe(commit)
  await expect(
    readModel({ trainable: MODEL_TYPES, ...access, name: 'finetune/encoder', revision: 'no-branch' }),
  ).rejects.toMatchObject({
    failure: { is: 'no-revision' },
  })
})
