import { METRICS } from '../../run/problem-type.ts'
import { writeValue } from '../../run/spec.ts'
import type { RunSpec } from '../../run/spec.ts'
import type { Evaluation } from '../../run/events.ts'
import type { RunView } from '../../run/view.ts'
import { pythonFloat } from '../python-json.ts'

/** Rows of each label are counted in the card for so many labels. */
const LABELS_NAMED = 50

/** What a card says that is not in the run's events. */
export interface CardFacts {
  /** The model's own name, e.g. that of the run */
  name: string
  /** Of the model that was fine-tuned */
  license: string | null
  /** The model's id on the Hub, when it is there */
  base_model: string | null
  /** False when the model's dropouts were all 0, so that no mask was drawn */
  uses_dropout: boolean
}

/**
 * README.md in the layout of Trainer's model cards (transformers 5.18): the same sections, bullets and table. Where Trainer
 * would name itself and PyTorch, it names this engine.
 */
export function modelCard({ view, spec, facts }: { view: RunView; spec: RunSpec; facts: CardFacts }): string {
  const results = finalResults(view)
  return `---
${frontMatter({ spec, facts, results })}---

<!-- This model card has been generated automatically from what the training engine recorded. You should probably
proofread and complete it, then remove this comment. -->

# ${facts.name}

This model is a fine-tuned version of ${baseModel(spec, facts)} on the ${spec.dataset} dataset.
${results.length === 0 ? '' : `It achieves the following results on the evaluation set:\n${bullets(results.map(([name, value]) => [name, rounded(value)]))}`}
## Model description

More information needed

## Intended uses & limitations

More information needed

## Training and evaluation data

${dataSentence(view)}

## Training procedure

${engineSentence(view, facts)}

### Training hyperparameters

The following hyperparameters were used during training:
${bullets(hyperparameters(spec))}
### Training results

${resultsTable(view)}

### Framework versions

${bullets(Object.entries(view.executor?.versions ?? {}))}`
}

function frontMatter({
  spec,
  facts,
  results,
}: {
  spec: RunSpec
  facts: CardFacts
  results: readonly (readonly [string, number])[]
}): string {
  const metrics = results.filter(([name]) => name !== 'Loss')
  const lines = ['library_name: transformers']
  if (facts.license !== null) lines.push(`license: ${yaml(facts.license)}`)
  if (facts.base_model !== null) lines.push(`base_model: ${yaml(facts.base_model)}`)
  lines.push('pipeline_tag: text-classification', 'tags:', '- finetune-bot', '- onnx')
  if (isOnHub(spec)) lines.push('datasets:', `- ${yaml(spec.dataset)}`)
  if (metrics.length === 0) return `${lines.join('\n')}\n`
  lines.push('metrics:', ...metrics.map(([name]) => `- ${name.toLowerCase()}`))
  lines.push('model-index:', `- name: ${yaml(facts.name)}`, '  results:')
  lines.push('  - task:', '      name: Text Classification', '      type: text-classification')
  lines.push('    dataset:', `      name: ${yaml(spec.dataset)}`, `      type: ${yaml(spec.dataset)}`)
  if (spec.dataset_config_name !== undefined) lines.push(`      config: ${yaml(spec.dataset_config_name)}`)
  if (spec.dataset_revision !== undefined) lines.push(`      revision: ${yaml(spec.dataset_revision)}`)
  lines.push('    metrics:')
  for (const [name, value] of metrics) {
    lines.push(`    - name: ${name}`, `      type: ${name.toLowerCase()}`, `      value: ${pythonFloat(value)}`)
  }
  return `${lines.join('\n')}\n`
}

/** Whether the dataset's name can be a link on the Hub: what is built in and files of this machine are not there. */
function isOnHub({ dataset, dataset_revision }: RunSpec): boolean {
  return dataset_revision !== undefined || !/^builtin\/|\.(?:csv|tsv|jsonl?|parquet)$/i.test(dataset)
}

function baseModel(spec: RunSpec, { base_model }: CardFacts): string {
  return base_model === null ? spec.model : `[${base_model}](https://huggingface.co/${base_model})`
}

function dataSentence({ data }: RunView): string {
  if (!data) return 'More information needed'
  const named = data.labels.slice(0, LABELS_NAMED).map((label, i) => `${label} ${data.label_counts[i] ?? 0}`)
  const more = data.labels.length > LABELS_NAMED ? [`${data.labels.length - LABELS_NAMED} more labels`] : []
  const counts = named.length === 0 ? '' : ` (${[...named, ...more].join(', ')})`
  return (
    `${data.train_rows} of ${data.train_rows_available} training rows${counts} and ${data.eval_rows} of ` +
    `${data.eval_rows_available} evaluation rows.`
  )
}

function engineSentence({ executor, resumed }: RunView, { uses_dropout }: CardFacts): string {
  const where = executor ? `, executor \`${executor.name}\` on ${executor.device}` : ''
  const masks = uses_dropout
    ? ' The masks of dropout are drawn by its own seeded generator, not by PyTorch’s, so a run of Trainer with the same seed differs in them.'
    : ''
  const again =
    resumed === null ? '' : ` Training went on from the checkpoint of step ${resumed.step} of an earlier run.`
  return (
    `It was trained without PyTorch, by the engine of finetune-bot${where}. Order of rows, new weights, optimizer, schedule ` +
    `and clipping follow transformers’ Trainer.${masks}${again}`
  )
}

/** The evaluation of the model that was kept, in the order of Trainer's card. */
function finalResults(view: RunView): (readonly [string, number])[] {
  const { evaluations, end } = view
  const best = end?.type === 'done' ? end.best_step : null
  const last = evaluations.find(({ step }) => step === best) ?? evaluations.at(-1)
  if (!last) return []
  return [['Loss', Number(last.eval_loss)], ...measured(last, view)]
}

/** What was measured besides the loss, in the order of Trainer's card and under the names that it has there. */
function measured(row: Evaluation, { data }: RunView): (readonly [string, number])[] {
  return METRICS[data?.problem_type ?? 'single_label_classification'].flatMap((name) => {
    const value = row[`eval_${name}`]
    return value === undefined ? [] : [[name.charAt(0).toUpperCase() + name.slice(1), Number(value)] as const]
  })
}

function hyperparameters({ args }: RunSpec): (readonly [string, string])[] {
  const total = args.per_device_train_batch_size * args.gradient_accumulation_steps
  const accumulates = args.gradient_accumulation_steps > 1
  const betas = `(${pythonFloat(args.adam_beta1)},${pythonFloat(args.adam_beta2)})`
  const adam = `Use AdamW (decoupled weight decay ${writeValue(args.weight_decay)}) with betas=${betas} and epsilon=${writeValue(args.adam_epsilon)}`
  return [
    ['learning_rate', pythonFloat(args.learning_rate)],
    ['train_batch_size', String(args.per_device_train_batch_size)],
    ['eval_batch_size', String(args.per_device_eval_batch_size)],
    ['seed', String(args.seed)],
    ...when(accumulates, ['gradient_accumulation_steps', String(args.gradient_accumulation_steps)]),
    ...when(accumulates, ['total_train_batch_size', String(total)]),
    ['optimizer', adam],
    ['lr_scheduler_type', args.lr_scheduler_type],
    ...when(args.warmup_steps !== 0, ['lr_scheduler_warmup_steps', String(args.warmup_steps)]),
    ...(args.max_steps === -1
      ? [['num_epochs', String(args.num_train_epochs)] as const]
      : [['training_steps', String(args.max_steps)] as const]),
    ...when(args.label_smoothing_factor !== 0, ['label_smoothing_factor', String(args.label_smoothing_factor)]),
  ]
}

function when(condition: boolean, entry: readonly [string, string]): (readonly [string, string])[] {
  return condition ? [entry] : []
}

function resultsTable(view: RunView): string {
  const [first] = view.evaluations
  const names = first ? measured(first, view).map(([name]) => name) : []
  const head = ['Training Loss', 'Epoch', 'Step', 'Validation Loss', ...names]
  const rows = view.evaluations.map((evaluation) => {
    const before = view.logs.filter(({ seq }) => seq < evaluation.seq).at(-1)
    return [
      before ? rounded(Number(before.loss)) : 'No log',
      rounded(evaluation.epoch),
      String(evaluation.step),
      rounded(Number(evaluation.eval_loss)),
      ...measured(evaluation, view).map(([, value]) => rounded(value)),
    ]
  })
  if (rows.length === 0) return 'The model was not evaluated.'
  const widths = head.map((title, i) => Math.max(title.length, ...rows.map((row) => row[i]?.length ?? 0)))
  const line = (cells: readonly string[]) => `${cells.map((cell, i) => `| ${cell.padEnd(widths[i] ?? 0)} `).join('')}|`
  const rule = `${widths.map((width) => `|:${'-'.repeat(width)}:`).join('')}|`
  return [line(head), rule, ...rows.map(line)].join('\n')
}

/** Four decimals where there are more. */
function rounded(value: number): string {
  const written = pythonFloat(value)
  const [, decimals = ''] = written.split('.')
  return decimals.length > 4 ? value.toFixed(4) : written
}

function bullets(entries: readonly (readonly [string, string])[]): string {
  return entries.map(([name, value]) => `- ${name}: ${value}\n`).join('')
}

/** A word as it is, or quoted where YAML would read something else. */
function yaml(text: string): string {
  return /^[a-zA-Z][\w./-]*$/.test(text) && !/^(true|false|yes|no|on|off|null|y|n)$/i.test(text)
    ? text
    : JSON.stringify(text)
}
