import { join } from 'node:path'
import { beforeAll, expect, it } from 'vitest'
import { loadClassifier } from '../../src/engine/predict.ts'
import { train } from '../../src/engine/train.ts'
import { testFolder } from './folder.ts'
import { writeRows, writeRun, writeTinyModel } from './run-folder.ts'

const root = testFolder()
beforeAll(() => {
  writeRun({ root, name: 'first' })
  writeRows(join(root, 'datasets', 'rows.jsonl'))
})

const sizes = { hidden_size: 16, intermediate_size: 32, num_hidden_layers: 2, num_attention_heads: 2 }

it.each([
  { model_type: 'bert', type_vocab_size: 2 },
  { model_type: 'roberta', type_vocab_size: 1 },
  { model_type: 'electra', type_vocab_size: 2, embedding_size: 8 },
  { model_type: 'mpnet', pad_token_id: 1 },
])('a $model_type is trained, and answers in Transformers.js', async ({ model_type, ...fields }) => {
  await writeTinyModel(join(root, 'models', model_type), { model_type, ...sizes, ...fields })
  const folder = writeRun({ root, name: `${model_type}-run`, model: model_type, args: { max_steps: 2 } })
  expect(await train({ folder, env: {} })).toBe(0)
  const classifier = await loadClassifier({ folder: join(folder, 'model') })
  const [answer = []] = await classifier.classify([`lunch meeting ${'friend '.repeat(100)}`])
  expect(answer.map(({ label }) => label).sort()).toEqual(['bad', 'good'])
  expect(answer.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5)
  await classifier.close()
})
