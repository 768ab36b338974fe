import { cause } from '../cause.ts'
import { change, manual, maybe, needsValue } from '../fix.ts'
import { DEFAULTS } from '../../run/arguments.ts'

export const noLoss = cause({
  code: 'FT-DATA-NO-LABELS',
  slug: 'no-loss-labels-missing',
  title: 'The batches have no labels, so there is no loss',
  matches: [
    /The model did not return a loss from the inputs/,
    /KeyError: '?(?:loss|labels?)'?\s*$/,
    /only the following keys: ?(?<have>.{1,200})\. For reference, the inputs it received are/,
    /'NoneType' object has no attribute 'backward'|unsupported operand type\(s\) for \/=?: 'NoneType' and 'int'/,
  ],
  when: (found) => {
    const text = found.line.text
    if (/KeyError/.test(text) && /label/.test(text))
      return found.above(40).some((line) => /compute_loss|trainer\.py/.test(line))
    if (/KeyError/.test(text))
      return found
        .above(60)
        .some((line) => /compute_loss|trainer\.py|ModelOutput|modeling_outputs|generic\.py/.test(line))
    if (/NoneType/.test(text)) return found.above(60).some((line) => /\bloss\b|compute_loss|training_step/.test(line))
    return true
  },
  explains: (found) => {
    const got = /inputs it received are (?<in>[\w, ]{1,200})/.exec(found.line.text)?.groups?.['in']
    return `The model computes a loss only when a batch has \`labels\`${got === undefined ? '' : `; it got ${got.replace(/\.$/, '')}`}.`
  },
  fixes: () => [
    needsValue('Name the target column label or labels (label_column here, rename_column in code)'),
    manual('Or use a collator that makes labels, such as DataCollatorForLanguageModeling(mlm=False)'),
  ],
})

export const labelOutOfRange = cause({
  code: 'FT-DATA-LABEL-RANGE',
  slug: 'label-out-of-range',
  title: 'A label is outside 0 … num_labels - 1',
  matches: [
    /Target (?<label>-?\d+) is out of bounds/,
    /Class values must be (?:smaller than|non-negative)/,
    /Received a label value of (?<label>-?\d+) which is outside the valid range of \[(?<range>[^)\]]{1,30})[)\]]/,
    /(?:cur_target|target) (?:>=|<=?) .{0,40}(?:n_classes|num_classes)/,
  ],
  when: (found) => !/ClassNLLCriterion\.cu|\.cu:\d+|device-side|Loss\.cu/.test(found.line.text),
  explains: (found, facts) => {
    const label = found.groups['label']
    const count = facts.labels === undefined ? '' : ` The model has ${facts.labels.length} labels.`
    return `${label === undefined ? 'A class label' : `The label ${label}`} does not fit the head of the model: labels must be 0 to num_labels - 1.${count}`
  },
  fixes: () => [
    needsValue('Set num_labels to the real number of classes'),
    manual('Map the labels to 0 … n-1 (dataset.class_encode_column("label")), and look for -1 in rows without a label'),
  ],
})

export const labelFloat = cause({
  code: 'FT-DATA-LABEL-FLOAT',
  slug: 'label-dtype-float',
  title: 'The labels are floats where class numbers are needed',
  matches: [
    /expected scalar type Long but found (?:Float|Double|Half|Int|Char|Byte|Bool|BFloat16)/,
    /"?nll_loss\w*"? not implemented for '(?:Float|Double|Half|Int)'/,
    /Expected floating point type for target with class probabilities, got Long/,
    /result type Float can't be cast to the desired output type Long/,
    /Expected object of (?:scalar )?type (?:torch\.)?Long\w* but (?:got|found) (?:scalar )?type (?:torch\.)?(?:Float|Double)\w* for argument #2 'target'/,
    /Found dtype (?:Long|Double) but expected Float/,
  ],
  when: (found) =>
    /target|nll_loss|class probabilities|Found dtype/.test(found.line.text) ||
    found
      .above(30)
      .some((line) =>
        /cross_entropy|nll_loss|loss_fct|CrossEntropyLoss|MSELoss|compute_loss|criterion|BCEWithLogits/.test(line),
      ),
  explains: () =>
    'Cross entropy needs integer class numbers (torch.long), and the loss of a regression needs floats; the labels have the other type.',
  fixes: () => [
    manual('Convert the labels to integers: labels.long(), or dataset.cast_column("label", Value("int64"))'),
    maybe(
      'If it is a regression or multi-label task, say so: problem_type="regression" with num_labels=1, and float labels',
      { changes_result: true },
    ),
  ],
})

export const needsPadding = cause({
  code: 'FT-DATA-PADDING',
  slug: 'unequal-lengths-need-padding',
  title: 'Texts of a batch have different lengths and were not padded',
  matches: [
    /Unable to create tensor, you should probably activate truncation and\/or padding/i,
    /activate (?:truncation and\/or padding|padding)/i,
    /expected sequence of length \d+ at dim \d+ \(got \d+\)/,
    /Perhaps your features \(`?(?<column>\w+)`? in this case\) have excessive nesting/i,
    /too many dimensions 'str'/,
    /setting an array element with a sequence\. The requested array has an inhomogeneous shape/,
    /(?:ValueError|TypeError): (?:could not determine|can't convert).{0,60}(?:shape|sequence) .{0,60}(?:object|str)/,
    /each element in list of batch should be of equal size/,
  ],
  when: (found) =>
    !/inhomogeneous|equal size/.test(found.line.text) ||
    found.above(60).some((line) => /tokeniz|collat|datasets[\\/]|data_loader|_utils[\\/]fetch|input_ids/i.test(line)),
  explains: (found) =>
    `Rows of different length (or a column that is not numbers${found.groups['column'] === undefined ? '' : `, \`${found.groups['column']}\``}) cannot become one tensor.`,
  fixes: () => [
    manual(
      'Tokenize with truncation=True, and pad each batch with a padding collator: DataCollatorWithPadding(tokenizer)',
    ),
    manual('Drop the raw text columns: dataset.remove_columns(["text"])'),
    maybe('Or pad everything while tokenizing: padding="max_length"', {
      cost: 'slower: short texts are padded to the longest',
    }),
  ],
})

export const padToken = cause({
  code: 'FT-DATA-PAD-TOKEN',
  slug: 'pad-token-missing',
  title: 'The tokenizer has no padding token',
  matches: [
    /Asking to pad but the tokenizer does not have a padding token/i,
    /Cannot handle batch sizes > 1 if no padding token is defined/i,
    /(?:no|without an?) (?:pad|padding)[ _]token/i,
    /pad_token(?:_id)?`? (?:is|must be) (?:not set|None|undefined|set)/i,
    /Please select a token to use as `?pad_token/i,
  ],
  explains: () =>
    'GPT-style tokenizers come without a padding token, and a batch of texts of different length needs one.',
  fixes: () => [
    manual('Set tokenizer.pad_token = tokenizer.eos_token and model.config.pad_token_id = tokenizer.pad_token_id'),
    maybe(
      'Or add one: tokenizer.add_special_tokens({"pad_token": "[PAD]"}) and model.resize_token_embeddings(len(tokenizer))',
      { changes_result: true },
    ),
    maybe('Or use a batch of 1'),
  ],
})

/** The tokenizer said before that a text is longer than the table of positions. */
const WARNED = 'Token indices sequence length is longer than the specified maximum'

export const tooLong = cause({
  code: 'FT-DATA-TOO-LONG',
  slug: 'sequence-too-long',
  title: 'A text is longer than the model has positions',
  matches: [
    /The size of tensor a \((?<length>\d{3,6})\) must match the size of tensor b \((?<most>512|514|1024|2048|4096|128|256|384|768|8192)\) at non-singleton dimension 1/,
    /expanded size of the tensor \((?<length>\d{3,6})\) must match the existing size \((?<most>\d{3,6})\) at non-singleton dimension 1/,
    /Sequence length must be less than max_position_embeddings \(got `?sequence length`?: (?<length>\d+) and max_position_embeddings: (?<most>\d+)/i,
    /This model's maximum context length is (?<most>\d+) tokens/i,
    /(?:prompt|input|sequence|text)\S{0,20} (?:\(\S{0,20}\) )?(?:is )?(?:too long|longer than) .{0,80}(?:max|position|model|tokens|context)/i,
    /indices\[\d+,(?<length>\d+)\] = \d+ is not in \[0, (?<most>512|514|1024)\)/,
    /index out of range: Tried to access index \d+ out of table with (?:51[0-4]|102[3-6]) rows/i,
    /index out of range in self/,
  ],
  hints: [
    /Token indices sequence length is longer than the specified maximum sequence length for this model \((?<length>\d+) > (?<most>\d+)\)/,
  ],
  when: (found, log) => {
    if (/out of range in self/.test(found.line.text)) return log.has(WARNED)
    const { length, most } = found.groups
    return (
      length === undefined ||
      most === undefined ||
      Number(length) > Number(most) ||
      /expanded size/.test(found.line.text)
    )
  },
  explains: (found, facts) => {
    const { length, most } = found.groups
    const cut = facts.args?.max_length === undefined ? '' : ` max_length is ${facts.args.max_length} here.`
    return length === undefined || most === undefined
      ? `The input has more tokens than the model was built for.${cut}`
      : `A text has ${length} tokens, and the model takes at most ${most}.${cut}`
  },
  fixes: (found, facts) => {
    const most = Number(found.groups['most'] ?? 512)
    return [
      facts.args !== undefined && (facts.args.max_length ?? DEFAULTS.max_length) > most
        ? change(facts, { max_length: most }, 'as many tokens as the model has positions; longer texts are truncated', {
            changes_result: true,
          })
        : manual(`Tokenize with truncation=True, max_length=${Math.min(most, 512)}: longer texts lose their end`, {
            changes_result: true,
          }),
      maybe('Or cut long texts into several rows, or take a model with more positions', { changes_result: true }),
    ]
  },
})

export const embeddingRange = cause({
  code: 'FT-DATA-TOKEN-RANGE',
  slug: 'embedding-index-out-of-range',
  title: 'A token or position id is outside the embedding table',
  matches: [
    /index out of range in self/,
    /index out of range: Tried to access index \d+ out of table with \d+ rows/i,
    /indices\[[\d,]+\] = \d+ is not in \[0, \d+\)/,
    /(?:token id|Token id|input_ids?) .{0,60}(?:out of (?:range|vocabulary)|exceeds? .{0,20}vocab)/i,
    /vocab(?:ulary)? size .{0,60}(?:smaller than|does not match|mismatch)/i,
  ],
  explains: () =>
    'A number in input_ids is as large as the vocabulary or larger, or the text is longer than the table of positions: the tokenizer belongs to another model, tokens were added, or nothing was truncated.',
  fixes: () => [
    manual("Truncate to the model's maximum: truncation=True, max_length=512"),
    manual(
      'Take tokenizer and model from the same checkpoint; after adding tokens call model.resize_token_embeddings(len(tokenizer))',
    ),
  ],
})

export const batchSizes = cause({
  code: 'FT-DATA-BATCH-SIZE',
  slug: 'batch-size-mismatch',
  title: 'Inputs and labels of a batch differ in number',
  matches: [
    /Expected input batch_size \((?<inputs>\d+)\) to match target batch_size \((?<targets>\d+)\)/,
    /Target size \(torch\.Size\((?<targets>\[[\d, ]*\])\)\) must be the same as input size \(torch\.Size\((?<inputs>\[[\d, ]*\])\)\)/,
    /Using a target size \(torch\.Size\((?<targets>\[[\d, ]*\])\)\) that is different to the input size/,
    /Found input variables with inconsistent numbers of samples: (?<inputs>\[[\d, ]+\])/,
    /Data cardinality is ambiguous/,
  ],
  explains: (found) => {
    const { inputs, targets } = found.groups
    const numbers = inputs === undefined || targets === undefined ? '' : ` (${inputs} inputs, ${targets} targets)`
    return `The loss got predictions and labels of different length or shape${numbers}: labels are missing, nested, or one a token where one a text is needed.`
  },
  fixes: () => [
    manual('Make sure that every input has exactly one label of the right shape, in the dataset and in the collator'),
    maybe('If labels are one a token, use a token classification model and its collator'),
  ],
})

export const collateShapes = cause({
  code: 'FT-DATA-COLLATE',
  slug: 'collate-unequal-tensors',
  title: 'Tensors of a batch have different shapes',
  tier: 'specific',
  matches: [
    /stack expects each tensor to be equal size, but got (?<a>\[[\d, ]*\]) at entry \d+ and (?<b>\[[\d, ]*\]) at entry/,
    /(?:Sizes of tensors must match except in dimension|invalid argument 0: Sizes of tensors must match)/,
    /default_collate: batch must contain tensors, numpy arrays, numbers, dicts or lists/,
    /Trying to resize storage that is not resizable/,
  ],
  when: (found) =>
    /stack expects|default_collate/.test(found.line.text) ||
    found.above(60).some((line) => /collate|dataloader\.py|_utils[\\/]fetch/.test(line)),
  explains: (found) => {
    const { a, b } = found.groups
    return `The data loader stacks the rows of a batch into one tensor, and they have different shapes${a === undefined || b === undefined ? '' : `: ${a} and ${b}`}.`
  },
  fixes: () => [
    manual('Pad or resize every row to one shape (texts: DataCollatorWithPadding; pictures: a resize transform)'),
    manual('Or give the DataLoader a collate_fn that pads'),
    maybe('Or use a batch of 1'),
  ],
})
