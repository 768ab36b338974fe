import type { Arguments } from '../../run/arguments.ts'
import type { ModelConfig } from '../pretrained.ts'
import { outputNames, type Problem } from '../problem.ts'
import { pythonJson } from '../python-json.ts'

/** The version of transformers whose layout is written. */
const TRANSFORMERS = '5.18.0'

/** Classes that have one label set over a whole text. */
const CLASSIFIERS: Readonly<Record<string, string>> = {
  bert: 'BertForSequenceClassification',
  distilbert: 'DistilBertForSequenceClassification',
  electra: 'ElectraForSequenceClassification',
  modernbert: 'ModernBertForSequenceClassification',
  mpnet: 'MPNetForSequenceClassification',
  roberta: 'RobertaForSequenceClassification',
}

/** The model's config with the run's `dropout` in every place that has one; null leaves them. */
export function withDropout(config: ModelConfig, dropout: Arguments['dropout']): ModelConfig {
  if (dropout === null) return config
  const overridden = Object.entries(config).map(([key, value]) => {
    const isDropout = /dropout/.test(key) && typeof value === 'number'
    return [key, isDropout ? dropout : value]
  })
  return Object.fromEntries(overridden) as ModelConfig
}

/** config.json as Trainer saves it after training a classifier. */
export function configJson({
  config,
  problem,
  dropout,
}: {
  config: ModelConfig
  problem: Problem
  dropout: Arguments['dropout']
}): string {
  const labels = outputNames(problem)
  const trained = {
    ...withDropout(config, dropout),
    // Where it was loaded from is not written, and `dtype` has taken this place.
    _name_or_path: undefined,
    torch_dtype: undefined,
    architectures: [CLASSIFIERS[config.model_type] ?? `${config.model_type}ForSequenceClassification`],
    dtype: 'float32',
    id2label: Object.fromEntries(labels.map((label, id) => [String(id), label])),
    label2id: Object.fromEntries(labels.map((label, id) => [label, id])),
    problem_type: problem.type,
    transformers_version: TRANSFORMERS,
    use_cache: false,
  }
  return `${pythonJson(trained, { floats: (key) => /dropout|_eps$|_range$/.test(key) })}\n`
}
