import type { Run } from '../../storage/runs.ts'
import { BUILTIN_EMAILS, BUILTIN_ENCODER, KEPT_EMAILS } from '../builtin/known.ts'
import type { ArgumentName, Arguments } from '../run/arguments.ts'
import type { ProblemType } from '../run/problem-type.ts'
import { changedArguments, type RunSpec, writeValue } from '../run/spec.ts'
import { type Card, card, text } from './layout.ts'
import { codeBlock } from './user-text.ts'

/** Arguments that are not TrainingArguments: the script says them in other places. */
const ELSEWHERE: ReadonlySet<ArgumentName> = new Set<ArgumentName>([
  'early_stopping_patience',
  'dropout',
  'max_length',
  'truncation_side',
  'problem_type',
  'pad_to_multiple_of',
  'text_column',
  'label_column',
  'max_train_samples',
  'max_eval_samples',
  'shuffle_seed',
  'test_size',
])

const SCRIPT_LENGTH = 3700

export function pythonCard(run: Run): Card {
  const script = pythonScript(run)
  return card(
    text(
      `The same run for transformers 5.18, as \`run-${run.id}.py\``,
      codeBlock(script, { language: 'python', length: SCRIPT_LENGTH }),
    ),
  )
}

/** The run as a script that a person could run without this project: transformers 5.18, datasets 4, scikit-learn. */
export function pythonScript(run: Pick<Run, 'id' | 'spec'>): string {
  const { args } = run.spec
  return `${[
    ...imports(run.spec),
    '',
    ...dataset(run),
    '',
    ...model(run),
    '',
    ...tokens(args),
    '',
    ...METRICS[problemOf(args)],
    '',
    ...training(run),
  ].join('\n')}\n`
}

function imports({ dataset, args }: RunSpec): string[] {
  const names = [
    'AutoModelForSequenceClassification',
    'AutoTokenizer',
    'DataCollatorWithPadding',
    ...(args.early_stopping_patience === null ? [] : ['EarlyStoppingCallback']),
    'Trainer',
    'TrainingArguments',
    'set_seed',
  ]
  const isBuiltIn = dataset === BUILTIN_EMAILS
  const fromDatasets = [
    ...(problemOf(args) === 'single_label_classification' ? ['ClassLabel'] : []),
    isBuiltIn ? 'Dataset' : 'load_dataset',
  ]
  return [
    ...(isBuiltIn ? ['import json', ''] : []),
    'import numpy as np',
    `from datasets import ${fromDatasets.join(', ')}`,
    `from sklearn.metrics import ${problemOf(args) === 'regression' ? 'mean_absolute_error, mean_squared_error' : 'accuracy_score, f1_score'}`,
    'from transformers import (',
    ...names.map((name) => `    ${name},`),
    ')',
  ]
}

const BUILDERS: readonly (readonly [RegExp, string])[] = [
  [/\.csv$/i, 'csv'],
  [/\.(?:jsonl|json|ndjson)$/i, 'json'],
  [/\.parquet$/i, 'parquet'],
]

function dataset({ spec }: Pick<Run, 'spec'>): string[] {
  const { dataset: name, args } = spec
  if (name === BUILTIN_EMAILS) return [...builtinEmails(args), ...LABELS[problemOf(args)]('label')]
  const builder = BUILDERS.find(([ending]) => ending.test(name))?.[1]
  const lines = builder ? [`data = load_dataset(${py(builder)}, data_files={"train": ${py(name)}})`] : fromHub(spec)
  const label = args.label_column ?? 'label'
  return [
    ...lines,
    'held = "validation" if "validation" in data else "test"',
    'if held not in data:',
    `    data = data["train"].train_test_split(test_size=${py(args.test_size)}, seed=${py(args.shuffle_seed ?? args.seed)})`,
    `train, test = data["train"], data[held]`,
    ...(args.shuffle_seed === null
      ? []
      : [`train, test = train.shuffle(seed=${args.shuffle_seed}), test.shuffle(seed=${args.shuffle_seed})`]),
    ...(args.max_train_samples === null
      ? []
      : [`train = train.select(range(min(${args.max_train_samples}, len(train))))`]),
    ...(args.max_eval_samples === null ? [] : [`test = test.select(range(min(${args.max_eval_samples}, len(test))))`]),
    ...LABELS[problemOf(args)](label),
  ]
}

/** As selectEmails of src/builtin/emails selects them. */
function builtinEmails(args: Arguments): string[] {
  const shuffle = args.shuffle_seed === null ? '' : `.shuffle(seed=${args.shuffle_seed})`
  return [
    `# The built-in e-mails: ${KEPT_EMAILS} is in the folder cache/ of the bot's data, once a run or a preview has read them.`,
    `emails = [json.loads(line) for line in open(${py(KEPT_EMAILS)}, encoding="utf-8")]`,
    'def pick(split, rows):',
    '    # Of each label the first, two spam for three ham.',
    '    pool = [email for email in emails if email["split"] == split]',
    '    rows = min(rows or len(pool), len(pool))',
    '    spam = sum(email["label"] == "spam" for email in pool)',
    '    ham = min(rows - min(round(rows * 0.4), spam), len(pool) - spam)',
    '    left, picked = {"spam": rows - ham, "ham": ham}, []',
    '    for email in pool:',
    '        if left[email["label"]] > 0:',
    '            left[email["label"]] -= 1',
    '            picked.append({"text": email["text"], "label": email["label"]})',
    '    return Dataset.from_list(picked)',
    `train = pick("train", ${py(args.max_train_samples)})${shuffle}`,
    `test = pick("test", ${py(args.max_eval_samples)})${shuffle}`,
  ]
}

/** A configuration is a folder, in the Parquet copies that the Hub makes of datasets and in most repositories. */
function fromHub({ dataset: name, dataset_config_name: folder, dataset_revision: revision }: RunSpec): string[] {
  const more = [
    ...(folder === undefined ? [] : [`data_dir=${py(folder)}`]),
    ...(revision === undefined ? [] : [`revision=${py(revision)}`]),
  ]
  if (more.length === 0) return [`data = load_dataset(${py(name)})`]
  return [
    ...(revision === undefined ? [] : ['# At the commit that the rows of the run are from.']),
    'data = load_dataset(',
    ...[py(name), ...more].map((line) => `    ${line},`),
    ')',
  ]
}

/** What a null is here: the data are not at hand, and one label of several is by far the most common. */
function problemOf({ problem_type }: Arguments): ProblemType {
  return problem_type ?? 'single_label_classification'
}

/** Makes the column `labels` of what a row's label is. */
const LABELS: Readonly<Record<ProblemType, (label: string) => string[]>> = {
  single_label_classification: oneOfSeveral,
  multi_label_classification: (label) => [
    `feature = getattr(train.features[${py(label)}], "feature", None)`,
    'classes = getattr(feature, "names", None)',
    'def named(row):',
    `    return [classes[each] if classes else str(each) for each in row[${py(label)}]]`,
    'names = classes or sorted({name for part in (train, test) for row in part for name in named(row)})',
    'def number(row):',
    '    return {"labels": [float(name in named(row)) for name in names]}',
    `train, test = (part.map(number, remove_columns=[${py(label)}]) for part in (train, test))`,
  ],
  regression: (label) => [
    'def number(row):',
    `    return {"labels": float(row[${py(label)}])}`,
    `train, test = (part.map(number, remove_columns=[${py(label)}]) for part in (train, test))`,
  ],
}

function oneOfSeveral(label: string): string[] {
  return [
    `if not isinstance(train.features[${py(label)}], ClassLabel):`,
    `    names = sorted(set(map(str, train[${py(label)}])))`,
    '    def number(row):',
    `        return {"labels": names.index(str(row[${py(label)}]))}`,
    `    train, test = (part.map(number, remove_columns=[${py(label)}]) for part in (train, test))`,
    'else:',
    `    names = train.features[${py(label)}].names`,
    ...(label === 'labels'
      ? []
      : [`    train, test = train.rename_column(${py(label)}, "labels"), test.rename_column(${py(label)}, "labels")`]),
  ]
}

function model({ spec: { model: name, model_revision, args } }: Pick<Run, 'spec'>): string[] {
  const revision = model_revision === undefined ? '' : `, revision=${py(model_revision)}`
  const path = name === BUILTIN_ENCODER ? 'src/builtin/encoder' : name
  const config = [
    ...(problemOf(args) === 'regression'
      ? ['num_labels=1,']
      : [
          'num_labels=len(names),',
          'id2label=dict(enumerate(names)),',
          'label2id={name: index for index, name in enumerate(names)},',
        ]),
    `problem_type=${py(problemOf(args))},`,
    ...(args.dropout === null
      ? []
      : [
          `dropout=${py(args.dropout)}, attention_dropout=${py(args.dropout)}, seq_classif_dropout=${py(args.dropout)},`,
        ]),
  ]
  return [
    ...(name === BUILTIN_ENCODER ? ['# The folder of the built-in encoder, inside this project.'] : []),
    `set_seed(${args.seed})`,
    `tokenizer = AutoTokenizer.from_pretrained(${py(path)}${revision})`,
    ...(args.truncation_side === 'left' ? ['tokenizer.truncation_side = "left"'] : []),
    'model = AutoModelForSequenceClassification.from_pretrained(',
    `    ${py(path)}${revision},`,
    ...config.map((line) => `    ${line}`),
    ')',
  ]
}

function tokens(args: Arguments): string[] {
  const column = args.text_column ?? 'text'
  const pad = args.pad_to_multiple_of === null ? '' : `, pad_to_multiple_of=${args.pad_to_multiple_of}`
  return [
    'def tokenize(rows):',
    `    return tokenizer(rows[${py(column)}], truncation=True, max_length=${args.max_length})`,
    '',
    'train, test = train.map(tokenize, batched=True), test.map(tokenize, batched=True)',
    `collator = DataCollatorWithPadding(tokenizer${pad})`,
  ]
}

const METRICS: Readonly<Record<ProblemType, readonly string[]>> = {
  single_label_classification: [
    'def compute_metrics(prediction):',
    '    predicted = np.argmax(prediction.predictions, axis=-1)',
    '    return {',
    '        "accuracy": accuracy_score(prediction.label_ids, predicted),',
    '        "f1": f1_score(prediction.label_ids, predicted, average="macro"),',
    '    }',
  ],
  multi_label_classification: [
    'def compute_metrics(prediction):',
    '    predicted = (prediction.predictions > 0).astype(int)',
    '    return {',
    '        "f1": f1_score(prediction.label_ids, predicted, average="micro"),',
    '        "accuracy": accuracy_score(prediction.label_ids, predicted),',
    '    }',
  ],
  regression: [
    'def compute_metrics(prediction):',
    '    predicted = prediction.predictions.squeeze()',
    '    return {',
    '        "mse": mean_squared_error(prediction.label_ids, predicted),',
    '        "mae": mean_absolute_error(prediction.label_ids, predicted),',
    '        "pearson": np.corrcoef(prediction.label_ids, predicted)[0, 1],',
    '    }',
  ],
}

function training({ id, spec: { args } }: Pick<Run, 'id' | 'spec'>): string[] {
  const changed = changedArguments(args).filter((name) => !ELSEWHERE.has(name))
  return [
    'trainer = Trainer(',
    '    model=model,',
    '    args=TrainingArguments(',
    `        output_dir="run-${id}",`,
    ...changed.map((name) => `        ${name}=${py(args[name])},`),
    '        report_to="none",',
    '    ),',
    '    train_dataset=train,',
    '    eval_dataset=test,',
    '    processing_class=tokenizer,',
    '    data_collator=collator,',
    '    compute_metrics=compute_metrics,',
    ...(args.early_stopping_patience === null
      ? []
      : [`    callbacks=[EarlyStoppingCallback(early_stopping_patience=${args.early_stopping_patience})],`]),
    ')',
    'trainer.train()',
    'print(trainer.evaluate())',
    `trainer.save_model("run-${id}/model")`,
  ]
}

/** A value as Python writes it. JSON's strings are Python's. */
function py(value: string | number | boolean | null): string {
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' ? writeValue(value) : JSON.stringify(value)
}
