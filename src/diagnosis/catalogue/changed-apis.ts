import { cause, type Found } from '../cause.ts'
import { change, command, manual, maybe } from '../fix.ts'

/** The call whose keyword was refused is a trainer's: Python before 3.10 writes only `__init__()`. */
const inTrainer = (found: Found) =>
  /Trainer/.test(found.line.text) || found.above(12).some((line) => /Trainer\w*\(|trainer\.py/.test(line))

export const trainerTokenizer = cause({
  code: 'FT-API-PROCESSING-CLASS',
  slug: 'trainer-tokenizer-to-processing-class',
  title: 'The trainer no longer takes `tokenizer`',
  matches: [
    /unexpected keyword argument ['"]?(?<name>tokenizer|processing_class)\b/,
    /Trainer' object has no attribute '(?<name>tokenizer|processing_class)'/,
    /Trainer\.__init__\(\) missing .{0,60}'(?<name>processing_class|tokenizer)'/,
  ],
  when: inTrainer,
  explains: (found) =>
    found.groups['name'] === 'processing_class'
      ? '`processing_class` came with transformers 4.46 (and TRL 0.12); the installed version is older and calls it `tokenizer`.'
      : 'transformers 5, and TRL before it, removed the argument `tokenizer` of the trainers: it is called `processing_class` now.',
  fixes: (found) =>
    found.groups['name'] === 'processing_class'
      ? [
          command('Upgrade', 'pip install -U transformers trl'),
          manual('Or write tokenizer=tokenizer instead of processing_class=tokenizer'),
        ]
      : [
          manual('Write processing_class=tokenizer instead of tokenizer=tokenizer'),
          command('Or stay with versions that know tokenizer', 'pip install "transformers<5" "trl<0.16"'),
        ],
})

export const computeLossArguments = cause({
  code: 'FT-API-COMPUTE-LOSS',
  slug: 'compute-loss-num-items-in-batch',
  title: 'An overridden trainer method lacks `num_items_in_batch`',
  matches: [
    /unexpected keyword argument '?num_items_in_batch/,
    /(?:compute_loss|training_step)\(\) takes .{0,40}positional arguments but [45] were given/,
  ],
  explains: () =>
    'Since transformers 4.46 the trainer passes `num_items_in_batch` to `compute_loss` (and `training_step`); the overriding method does not accept it.',
  fixes: () => [
    manual(
      'Add num_items_in_batch=None (or **kwargs) to the method: def compute_loss(self, model, inputs, return_outputs=False, num_items_in_batch=None)',
    ),
    command('Or stay with an older transformers', 'pip install "transformers<4.46"'),
  ],
})

export const adamwRemoved = cause({
  code: 'FT-API-ADAMW',
  slug: 'adamw-import-removed',
  title: 'transformers no longer has its own AdamW',
  matches: [
    /cannot import name '?(?<name>AdamW)'? from '?(?<from>transformers[\w.]*)/,
    /module '?(?:transformers|transformers\.optimization)'? has no attribute '?AdamW/,
    /cannot import name '?AdamW'?\s*$/,
  ],
  explains: () => '`transformers.AdamW` was deprecated for years and is removed; PyTorch has the same optimizer.',
  fixes: () => [
    manual('Import it from torch instead: from torch.optim import AdamW'),
    command('Or stay with an older transformers', 'pip install "transformers<4.49"'),
  ],
})

export const loadMetricRemoved = cause({
  code: 'FT-API-LOAD-METRIC',
  slug: 'load-metric-removed',
  title: '`load_metric` was removed from datasets',
  matches: [
    /cannot import name '?load_metric'? from '?datasets/,
    /module '?datasets'? has no attribute '?load_metric/,
    /name '?load_metric'? is not defined/,
    /cannot import name '?(?:load_metric|list_metrics|Metric)'? from '?datasets/,
  ],
  explains: () => 'datasets 3.0 removed its metrics; they live in the package `evaluate` now, under the same names.',
  fixes: () => [
    command(
      'Install evaluate, and write evaluate.load("accuracy") instead of load_metric("accuracy")',
      'pip install evaluate scikit-learn',
    ),
    command('Or stay with an older datasets', 'pip install "datasets<3"'),
  ],
})

export const accelerateMissing = cause({
  code: 'FT-ENV-ACCELERATE',
  slug: 'trainer-needs-accelerate',
  title: 'The Trainer needs (a newer) accelerate',
  matches: [
    /requires `?accelerate(?:>=?(?<version>[\d.]+))?`?/i,
    /requires accelerate\b/i,
    /name 'PartialState' is not defined/,
    /unexpected keyword argument '(?:keep_torch_compile|use_seedable_sampler|dispatch_batches|even_batches|dataloader_config)'/,
    /please (?:run|install) .{0,40}(?:transformers\[torch\]|pip install (?:-U )?accelerate)/i,
  ],
  explains: (found) =>
    `The Trainer works through the package accelerate${found.groups['version'] === undefined ? '' : `, version ${found.groups['version']} or newer`}; it is missing, too old for this transformers, or the running process still has the old one.`,
  fixes: () => [
    command(
      'Install it, then restart the process (in a notebook: restart the runtime)',
      'pip install -U accelerate "transformers[torch]"',
    ),
  ],
})

export const kerasThree = cause({
  code: 'FT-ENV-KERAS-3',
  slug: 'keras3-needs-tf-keras',
  title: "transformers' TensorFlow classes do not work with Keras 3",
  matches: [
    /installed version of Keras is Keras 3/i,
    /install the backwards-compatible `?tf-keras/i,
    /No module named '?tf_keras/,
    /A KerasTensor (?:is symbolic|cannot be used as input to a TensorFlow function)/,
    /Only instances of `?keras\.Layer`? can be added.{0,200}(?:transformers|TF\w+Model)/,
    /No module named '?keras\.(?:engine|saving|utils\.generic_utils)'/,
    /'?keras\.(?:src|api|_tf_keras)[\w.]*'? .{0,60}(?:transformers|TFPreTrainedModel)/,
  ],
  explains: () =>
    'TensorFlow 2.16 and newer bring Keras 3, which transformers cannot use; its TensorFlow classes need Keras 2 in the package tf-keras.',
  fixes: () => [
    command('Install tf-keras, and set TF_USE_LEGACY_KERAS=1 before importing TensorFlow', 'pip install tf-keras'),
    command('Or, when only PyTorch is used, remove TensorFlow and Keras', 'pip uninstall -y tensorflow keras'),
  ],
})

export const bestModelStrategies = cause({
  code: 'FT-ARG-BEST-MODEL',
  slug: 'load-best-model-strategy-mismatch',
  title: '`load_best_model_at_end` needs matching evaluation and save strategies',
  matches: [
    /load_best_model_at_end.{0,20}requires the (?:save|saving|eval|evaluation)\w* (?:and|steps)/i,
    /load_best_model_at_end.{0,20}(?:needs|requires) .{0,60}(?:eval_strategy|strategy|round multiple)/i,
    /requires the save and eval strategy to match/i,
    /saving steps to be a round multiple of the evaluation steps/i,
  ],
  explains: () =>
    'To know the best checkpoint, every saved checkpoint must have been evaluated: `eval_strategy` and `save_strategy` must be equal, and `save_steps` a multiple of `eval_steps`.',
  fixes: (_found, facts) => [
    change(
      facts,
      { eval_strategy: 'epoch', save_strategy: 'epoch' },
      'eval_strategy equals save_strategy; the training itself stays',
    ),
    maybe('Or turn load_best_model_at_end off', { change: { load_best_model_at_end: false }, changes_result: true }),
  ],
})

export const trustRemoteCode = cause({
  code: 'FT-HUB-REMOTE-CODE',
  slug: 'trust-remote-code-required',
  title: 'The repository brings its own code',
  matches: [
    /requires you to execute the (?:configuration|dataset|model|tokenizer|modeling|processor)\w* (?:file|script)/i,
    /contains custom code which must be executed/i,
    /set the option `?trust_remote_code=True/i,
    /pass the argument `?trust_remote_code=True/i,
    /Do you wish to run the custom code/i,
  ],
  explains: () =>
    'Loading this repository would run Python code from it on your machine, so it must be allowed explicitly with trust_remote_code=True.',
  fixes: () => [
    manual('Take a model or dataset that needs no custom code'),
    manual('Read the code in the repository, then pass trust_remote_code=True (with a fixed revision)'),
  ],
})

export const datasetScripts = cause({
  code: 'FT-DATA-SCRIPT',
  slug: 'dataset-scripts-unsupported',
  title: 'This dataset is a loading script, which datasets 4 no longer runs',
  matches: [
    /Dataset scripts are no longer supported/i,
    /trust_remote_code`? is not supported anymore/i,
    /isn't based on a loading script/i,
  ],
  explains: (found) => {
    const script = /but found (?<file>[\w.-]+)/.exec(found.line.text)?.groups?.['file']
    return `datasets 4 removed loading scripts${script === undefined ? '' : ` such as ${script}`}; most datasets exist as Parquet too, often under an organisation's name (imdb → stanfordnlp/imdb).`
  },
  fixes: () => [
    manual('Take a Parquet copy: the dataset under its organisation, or revision="refs/convert/parquet"'),
    command('Or stay with an older datasets', 'pip install "datasets<4"'),
  ],
})
