import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { loadDataset } from '../../src/engine/data/dataset.ts'
import { type Classifier, loadClassifier } from '../../src/engine/predict.ts'
import type { EventOf } from '../../src/run/events.ts'
import { parseEvent } from '../../src/run/read-event.ts'
import { UserError } from '../../src/user-error.ts'
import { runOf } from './data/dataset.ts'
import { testFolder } from './folder.ts'

const PYTHON = process.env.BENCH_PYTHON
if (!PYTHON) console.log('BENCH_PYTHON is not set: a trained model is not opened by transformers in Python here.')

const folder = testFolder()
const model = join(folder, 'model')
const good = 'a wonderful warm and clever film that I loved from start to end'
const bad = 'a dull tedious mess that wasted two hours and made me angry'
const rows = Array.from({ length: 40 }, (_, i) => [i % 2 ? bad : good, i % 2 ? 'bad' : 'good'] as const)
const run = runOf('films.csv', {
  max_length: 24,
  learning_rate: 1e-3,
  num_train_epochs: 2,
  per_device_train_batch_size: 8,
  eval_strategy: 'epoch',
  save_strategy: 'epoch',
  load_best_model_at_end: true,
})
let evaluations: EventOf<'eval'>[] = []
let classifier: Classifier

beforeAll(async () => {
  const datasets_folder = join(folder, 'datasets')
  mkdirSync(datasets_folder)
  const csv = ['text,label', ...rows.map(([text, label], i) => `${text} ${i},${label}`)]
  writeFileSync(join(datasets_folder, 'films.csv'), `${csv.join('\n')}\n`)
  writeFileSync(join(folder, 'run.json'), JSON.stringify({ ...run, datasets_folder, cache_folder: folder }))
  run.datasets_folder = datasets_folder

  const command = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
  const engine = spawn(process.execPath, [command, 'train', folder], { stdio: 'inherit' })
  expect(await new Promise((resolve) => engine.once('exit', resolve))).toBe(0)
  evaluations = readFileSync(join(folder, 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map(parseEvent)
    .filter((event) => event?.type === 'eval')
  classifier = await loadClassifier({ folder: model })
})
afterAll(() => classifier.close())

/** Of each text the probability of each label. */
async function probabilities(texts: string[]): Promise<Record<string, number>[]> {
  return (await classifier.classify(texts)).map((answer) =>
    Object.fromEntries(answer.map((each) => [each.label, each.score])),
  )
}

test('a finished run leaves what Trainer leaves, and the exported graph', () => {
  expect(readdirSync(model).sort()).toEqual([
    'README.md',
    'config.json',
    'model.safetensors',
    'onnx',
    'tokenizer.json',
    'tokenizer_config.json',
    'trainer_state.json',
  ])
  expect(readFileSync(join(model, 'README.md'), 'utf8')).toMatch(/^license: apache-2\.0$/m)
})

describe('the model, asked through Transformers.js', () => {
  test('gives every label with its probability, the most likely first', async () => {
    const [first, second] = await classifier.classify([good, bad])
    expect(first?.map(({ label }) => label).sort()).toEqual(['bad', 'good'])
    expect(first?.[0]?.label).toBe('good')
    expect(second?.[0]?.label).toBe('bad')
    for (const answer of [first, second]) {
      expect(answer?.reduce((sum, { score }) => sum + score, 0)).toBeCloseTo(1, 5)
      expect(answer?.[0]?.score).toBeGreaterThanOrEqual(answer?.[1]?.score ?? 1)
    }
    expect(await classifier.classify([])).toEqual([])
  })

  test('gives the loss that the engine measured, to 1e-4', async () => {
    const { eval: held, problem } = await loadDataset({ run, signal: new AbortController().signal })
    const answers = await probabilities(held.map(({ text }) => text))
    const losses = held.map(({ label }, i) => -Math.log(answers[i]?.[problem.labels[Number(label)] ?? ''] ?? 0))
    const loss = losses.reduce((sum, each) => sum + each, 0) / losses.length
    const best = Math.min(...evaluations.map(({ eval_loss }) => Number(eval_loss)))
    expect(Math.abs(loss - best)).toBeLessThan(1e-4)
  })

  test('cuts a text that is longer than it can read', async () => {
    const long = `${good} `.repeat(500)
    const [whole] = await probabilities([long])
    const [more] = await probabilities([long + long])
    expect(more?.good).toBeCloseTo(whole?.good ?? 0, 6)
  })
})

test('a folder without a model is refused', async () => {
  await expect(loadClassifier({ folder })).rejects.toThrow(UserError)
  await expect(loadClassifier({ folder })).rejects.toThrow(/holds no trained model/)
})

test.skipIf(!PYTHON)(
  'transformers in Python loads model and checkpoint, and gives the same probabilities to 1e-4',
  async () => {
    const texts = rows.slice(0, 6).map(([text], i) => `${text} ${i}`)
    const script = `
import json, sys, torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
answers = []
for folder in sys.argv[1:3]:
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForSequenceClassification.from_pretrained(folder)
    assert model.dtype == torch.float32 and not model.training
    with torch.no_grad(): p = model(**tokenizer(json.loads(sys.argv[3]), padding=True, return_tensors="pt")).logits.softmax(-1)
    answers.append([{model.config.id2label[i]: float(x) for i, x in enumerate(row)} for row in p])
print(json.dumps(answers))`
    const best = evaluations.reduce((a, b) => (Number(b.eval_loss) < Number(a.eval_loss) ? b : a))
    const args = ['-c', script, model, join(folder, `checkpoint-${best.step}`), JSON.stringify(texts)]
    const python = spawnSync(PYTHON ?? '', args, { encoding: 'utf8', env: { ...process.env, HF_HUB_OFFLINE: '1' } })
    expect(python.status, python.stderr).toBe(0)
    expect(python.stderr).not.toMatch(/newly initialized|not used|UNEXPECTED|MISSING/)
    const ours = await probabilities(texts)
    const theirs = JSON.parse(python.stdout.trim().split('\n').at(-1) ?? '') as Record<string, number>[][]
    for (const answers of theirs) {
      answers.forEach((answer, i) => expect(Math.abs((answer.good ?? 0) - (ours[i]?.good ?? 1))).toBeLessThan(1e-4))
    }
  },
  60_000,
)
