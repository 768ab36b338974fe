import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { BUILTIN_ENCODER, ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { loadPretrained } from '../../src/engine/pretrained.ts'
import { writeSafetensors } from '../../src/engine/safetensors.ts'
import { UserError } from '../../src/user-error.ts'
import { testFolder } from './folder.ts'

const models_folder = testFolder()

test('the built-in encoder has config, weights and folder', async () => {
  const { config, weights, folder, name } = await loadPretrained({ model: BUILTIN_ENCODER, models_folder })
  expect(name).toBe(BUILTIN_ENCODER)
  expect(folder).toBe(ENCODER_FOLDER)
  expect(config.model_type).toBe('distilbert')
  expect(weights.get('distilbert.embeddings.word_embeddings.weight')?.shape[0]).toBe(config.vocab_size)
})

test('names of the first BERT checkpoints are those of today', async () => {
  const folder = join(models_folder, 'old-bert')
  mkdirSync(folder)
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ model_type: 'bert', vocab_size: 10 }))
  const tensors = ['gamma', 'beta'].map(
    (name) => [`bert.embeddings.LayerNorm.${name}`, { shape: [1], data: Float32Array.of(1) }] as const,
  )
  await writeSafetensors({ path: join(folder, 'model.safetensors'), tensors: new Map(tensors) })
  const { weights } = await loadPretrained({ model: 'old-bert', models_folder })
  expect([...weights.keys()].sort()).toEqual(['bert.embeddings.LayerNorm.bias', 'bert.embeddings.LayerNorm.weight'])
})

test('a pickle is refused with the command that converts it', async () => {
  const folder = join(models_folder, 'pickled')
  mkdirSync(folder)
  cpSync(join(ENCODER_FOLDER, 'config.json'), join(folder, 'config.json'))
  writeFileSync(join(folder, 'pytorch_model.bin'), 'not read')
  const error = await loadPretrained({ model: 'pickled', models_folder }).catch((error: unknown) => error)
  expect(error).toBeInstanceOf(UserError)
  expect((error as UserError).message).toMatch(/pytorch_model\.bin.*not run here/)
  expect((error as UserError).remedy).toMatch(/^Convert it once: `python -c .*save_pretrained.*pickled'`$/)
})

test.each([
  ['../elsewhere', /outside of the models folder/],
  ['/etc', /outside of the models folder/],
  ['.', /outside of the models folder/],
  ['link', /outside of the models folder/],
  ['old-brt', /There is no model `old-brt`/],
  ['org/unknown', /There is no model `org\/unknown`/],
  ['empty', /has no config\.json/],
  ['broken', /not JSON/],
  ['wordless', /vocab_size/],
  ['weightless', /has no model\.safetensors/],
])('%s is refused', async (model, message) => {
  mkdirSync(join(models_folder, 'empty'), { recursive: true })
  for (const [name, config] of [
    ['broken', '{'],
    ['wordless', '{"model_type": "bert"}'],
    ['weightless', '{"model_type": "bert", "vocab_size": 3}'],
  ] as const) {
    mkdirSync(join(models_folder, name), { recursive: true })
    writeFileSync(join(models_folder, name, 'config.json'), config)
  }
  if (model === 'link') symlinkSync(ENCODER_FOLDER, join(models_folder, 'link'))
  const loading = loadPretrained({ model, models_folder })
  await expect(loading).rejects.toThrow(UserError)
  await expect(loading).rejects.toThrow(message)
})

test('the nearest names are offered', async () => {
  const error = await loadPretrained({ model: 'old-brt', models_folder }).catch((error: unknown) => error)
  expect((error as UserError).remedy).toMatch(/The nearest there: `old-bert`/)
})
