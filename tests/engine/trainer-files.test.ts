import { describe, expect, test } from 'vitest'
import { configJson, withDropout } from '../../src/engine/export/config-json.ts'
import { modelCard } from '../../src/engine/export/model-card.ts'
import { ModelConfig } from '../../src/engine/pretrained.ts'
import { pythonFloat } from '../../src/engine/python-json.ts'
import { bestEvaluation, trainerState, trainerStateJson } from '../../src/engine/trainer-state.ts'
import type { Evaluation, NewEvent } from '../../src/run/events.ts'
import { buildSpec } from '../../src/run/spec.ts'
import { EMPTY_VIEW, fold, type RunView } from '../../src/run/view.ts'
import { goldenFile, vectors } from './golden.ts'

/** The run of make.py, told as events. */
const spec = buildSpec({
  model: 'base',
  dataset: 'made-up',
  args: {
    num_train_epochs: 2,
    learning_rate: 1e-2,
    weight_decay: 0.01,
    warmup_steps: 1,
    logging_steps: 2,
    eval_strategy: 'epoch',
    save_strategy: 'epoch',
    load_best_model_at_end: true,
    metric_for_best_model: 'accuracy',
    early_stopping_patience: 5,
  },
})
type Row = Record<string, number>
interface State {
  log_history: Row[]
  total_flos: number
}
const final = JSON.parse(goldenFile('trainer_state.json')) as State
const middle = JSON.parse(goldenFile('checkpoint-6-trainer_state.json')) as State

function viewOf(rows: Row[], { saved }: { saved: number[] }): RunView {
  const events: NewEvent[] = [
    {
      type: 'plan',
      total_steps: 12,
      steps_per_epoch: 6,
      parameters: 1,
      unused_weights: [],
      new_weights: [],
    },
    ...rows.map((row): NewEvent => {
      if ('loss' in row) return { type: 'log', ...row } as unknown as NewEvent
      if ('eval_loss' in row) return { type: 'eval', per_label: [], confusion: [], ...row } as unknown as NewEvent
      return { type: 'done', metrics: {}, best_step: 6, ...row } as unknown as NewEvent
    }),
  ]
  for (const step of saved) events.push({ type: 'checkpoint', step, epoch: step / 6, folder: `checkpoint-${step}` })
  return events.map((event, i) => ({ ...event, seq: i + 1, at: '2026-01-01T00:00:00Z' })).reduce(fold, EMPTY_VIEW)
}

/** Ours knows no output_dir in front of the checkpoint's name. */
const asOurs = (text: string) => text.replace('"model/checkpoint-6"', '"checkpoint-6"')

describe('trainer_state.json', () => {
  test('of the end is that of Trainer, byte for byte', () => {
    const view = viewOf(final.log_history, { saved: [6, 12] })
    expect(trainerStateJson(trainerState({ view, spec }))).toBe(asOurs(goldenFile('trainer_state.json')))
  })

  test('of a checkpoint is that of Trainer, byte for byte', () => {
    const view = viewOf(middle.log_history, { saved: [] })
    const state = trainerState({ view, spec, total_flos: middle.total_flos, saved_step: 6 })
    expect(trainerStateJson(state)).toBe(asOurs(goldenFile('checkpoint-6-trainer_state.json')))
  })

  test('says when early stopping has ended the run', () => {
    const args = { ...spec.args, early_stopping_patience: 1 }
    const view = viewOf(final.log_history, { saved: [6, 12] })
    const plan = view.plan && { ...view.plan, total_steps: 24 }
    const state = trainerState({ view: { ...view, plan }, spec: { ...spec, args } })
    expect(state.stateful_callbacks.TrainerControl.args.should_training_stop).toBe(true)
  })

  test('a loss that is not finite is written as Python writes it', () => {
    const rows = [{ loss: 'NaN', grad_norm: 'Infinity', learning_rate: 1e-5, step: 2, epoch: 1 / 3 }]
    const view = viewOf(rows as unknown as Row[], { saved: [] })
    const text = trainerStateJson(trainerState({ view, spec }))
    expect(text).toContain('"loss": NaN,')
    expect(text).toContain('"grad_norm": Infinity,')
    expect(text).toContain('"learning_rate": 1e-05,')
  })
})

describe('the best evaluation', () => {
  const evaluations = [0.5, 0.7, 0.7, 0.6].map(
    (accuracy, i) => ({ step: i + 1, eval_accuracy: accuracy, eval_loss: 1 - accuracy }) as Evaluation,
  )
  test('is the first of equal ones, and counts those that came after it', () => {
    expect(bestEvaluation({ evaluations, args: spec.args })).toEqual({ step: 2, metric: 0.7, without_improvement: 2 })
  })
  test('of a loss is the least', () => {
    const args = { ...spec.args, metric_for_best_model: null }
    expect(bestEvaluation({ evaluations, args })).toMatchObject({ step: 2 })
  })
  test('is not known without a metric to follow', () => {
    const args = {
      ...spec.args,
      metric_for_best_model: null,
      load_best_model_at_end: false,
      early_stopping_patience: null,
    }
    expect(bestEvaluation({ evaluations, args })).toBeNull()
  })
})

describe('config.json', () => {
  test('is that of Trainer, byte for byte', () => {
    const config = ModelConfig.parse(JSON.parse(goldenFile('base-config.json')))
    expect(
      configJson({ config, problem: { type: 'single_label_classification', labels: ['neg', 'pos'] }, dropout: null }),
    ).toBe(goldenFile('config.json'))
  })

  test('the run’s dropout goes into every place that has one', () => {
    const config = ModelConfig.parse({
      model_type: 'bert',
      vocab_size: 2,
      hidden_dropout_prob: 0.1,
      classifier_dropout: null,
    })
    expect(withDropout(config, 0)).toMatchObject({ hidden_dropout_prob: 0, classifier_dropout: null })
    expect(withDropout(config, null)).toBe(config)
  })
})

describe('the model card', () => {
  const executor = { name: 'onnx', device: '2 cores', versions: { 'finetune-bot': '0.1.0' } } as never
  const view = { ...viewOf(final.log_history, { saved: [6, 12] }), executor }
  const facts = { name: 'model', license: null, base_model: 'base', uses_dropout: false }
  const card = modelCard({ view, spec, facts })
  const golden = goldenFile('README.md')
  const between = (text: string, from: string, to: string) => text.slice(text.indexOf(from), text.indexOf(to))

  test('has the sections of Trainer’s card in their order', () => {
    const titles = (text: string) => text.match(/^#+ .*$/gm)
    expect(titles(card)).toEqual(titles(golden))
  })

  test('has the same sentence, results and table', () => {
    expect(between(card, '# model', '## Model description')).toBe(between(golden, '# model', '## Model description'))
    expect(between(card, '| Training Loss', '### Framework').trim()).toBe(
      between(golden, '| Training Loss', '### Framework').trim(),
    )
  })

  test('has the same hyperparameters in their order, and names its own optimizer', () => {
    const bullets = (text: string) => between(text, 'The following hyper', '### Training results').trim().split('\n')
    const [ours, theirs] = [bullets(card), bullets(golden)]
    expect(ours.map((line) => line.split(':')[0])).toEqual(theirs.map((line) => line.split(':')[0]))
    const others = (lines: string[]) => lines.filter((line) => !line.startsWith('- optimizer'))
    expect(others(ours)).toEqual(others(theirs))
  })

  test('says honestly what trained it', () => {
    expect(card).toContain('trained without PyTorch, by the engine of finetune-bot, executor `onnx` on 2 cores')
    expect(card).not.toMatch(/Pytorch \d|generated_from_trainer/)
    expect(card).toContain('- finetune-bot: 0.1.0')
  })

  test('says from which step of an earlier run training went on', () => {
    const resumed = { step: 6 } as never
    const sentence = 'Training went on from the checkpoint of step 6 of an earlier run.'
    expect(modelCard({ view: { ...view, resumed }, spec, facts })).toContain(sentence)
    expect(card).not.toContain('went on')
  })

  test('has a front matter with the results', () => {
    expect(card).toContain('library_name: transformers\nbase_model: base\n')
    expect(card).toContain('    - name: F1\n      type: f1\n      value: 0.3333333333333333\n---\n')
  })
})

test.each(vectors.floats)('$repr', ({ value, repr }) => {
  expect(pythonFloat(value)).toBe(repr)
})
