import { cause, type Found } from '../cause.ts'
import { saidByEngine } from './hub.ts'
import { manual, maybe, needsValue } from '../fix.ts'

export const schemaMismatch = cause({
  code: 'FT-DATA-SCHEMA',
  slug: 'dataset-schema-mismatch',
  title: 'Files of one dataset have different columns or types',
  matches: [
    /\bDatasetGenerationCastError\b/,
    /All the data files must have the same columns/i,
    /(?:Couldn't|Could not) cast (?:array of type|\S{1,200} (?:from|to)\b|to \w+)/i,
    /because column names don't match/i,
    /Column\([^)]{0,120}\) changed from (?<from>\w+) to (?<to>\w+)/,
    /(?:ArrowInvalid|ArrowTypeError|ArrowNotImplementedError): .{0,200}(?:Could not convert|cannot mix|Expected bytes, got|changed from|Schema|tried to convert|Unsupported cast|type mismatch)/,
    /cannot mix (?:list|struct|string) and non-/i,
    /(?:Features|features) (?:must be identical|of the .{0,60}dataset.{0,60}(?:match|align)|can't be aligned|couldn't be aligned)/,
    /The features can't be aligned because the key/i,
    /Schema at index \d+ was different|Schemas? (?:do|does) not match|schema mismatch/i,
    /(?:ArrowInvalid|ArrowTypeError): \(?['"]?Could not convert/i,
    /Trying to convert .{0,80} to .{0,80} but|Mixing dicts with non-Series/i,
  ],
  explains: (found) => {
    const { from, to } = found.groups
    const types = from === undefined || to === undefined ? '' : ` (one value is a ${from}, a later one a ${to})`
    return `All files and rows of a dataset must have the same columns with the same types${types}; here they do not match.`
  },
  fixes: () => [
    manual(
      'Make the columns match: the same names, and one type a column (write numbers and strings alike everywhere)',
    ),
    manual('Or load the files apart: name them in data_files, or put them in separate configurations'),
    maybe('Or pass features=Features({...}) so that values are cast to one schema'),
  ],
})

export const jsonParse = cause({
  code: 'FT-DATA-JSON',
  slug: 'json-parse-error',
  title: 'The JSON file cannot be read',
  matches: [
    /JSON parse error: (?<what>.{1,160})/,
    /(?:json\.decoder\.)?JSONDecodeError: (?<what>.{1,160})/,
    /Failed to read file .{1,300} with error .{0,60}(?:JSON|json)/,
    /ValueError: (?<what>Expected object or value|Trailing data|Unexpected character found)/,
    /Failed to load JSON from file/i,
    /Not able to read records in the JSON file/i,
    /straddling object straddles two block boundaries/i,
  ],
  when: (found, log) =>
    !/Column\([^)]{0,120}\) changed from/.test(found.line.text) &&
    (found.line.exception !== 'JSONDecodeError' || /datasets|\.jsonl?\b|pandas|json\.load|dataset/i.test(log.text)) &&
    !/requests[\\/]|httpx|response\.json|\.json\(\)/.test(found.above(12).join('\n')),
  engine: ['dataset-json'],
  explains: (found, facts) =>
    saidByEngine(found, facts) ??
    `A record is not valid JSON${found.groups['what'] === undefined ? '' : ` (${found.groups['what'].trim()})`}, or the file is one big object where one object a line (JSON Lines) was expected.`,
  fixes: () => [
    manual('Mend the record named in the message; each line must be one whole object', {
      command: 'python -m json.tool --json-lines FILE > /dev/null',
    }),
    needsValue('If the rows are inside a field of one object, name it: field="data"'),
  ],
})

export const csvParse = cause({
  code: 'FT-DATA-CSV',
  slug: 'csv-parse-error',
  title: 'The CSV file cannot be read',
  matches: [
    /Error tokenizing data\. C error: (?<what>.{1,200})/,
    /\bParserError: (?<what>.{1,200})/,
    /CSV parse error: (?<what>.{1,200})/,
    /_csv\.Error: (?<what>.{1,160})|field larger than field limit/,
    /(?:ParserError|Error).{0,40}(?<what>Expected \d+ (?:fields|columns).{0,40}(?:saw|got) \d+)/,
    /EOF inside string starting at row/,
    /(?<what>\d{1,9}) columns passed, passed data had \d+ columns/,
  ],
  when: (found) => !/yaml|ParserError: while/.test(found.line.text),
  engine: ['dataset-csv'],
  explains: (found, facts) =>
    saidByEngine(found, facts) ??
    `A row does not fit the others${found.groups['what'] === undefined ? '' : `: ${found.groups['what'].trim()}`}. The delimiter is another one, or a text with a comma or quote in it is not quoted.`,
  fixes: () => [
    needsValue('Give the right delimiter: sep=";" or sep="\\t"'),
    manual('Or quote the texts properly (write the file with a CSV library), and mend the line named in the message'),
    maybe('Or skip bad lines: on_bad_lines="skip"', { changes_result: true }),
  ],
})

export const datasetNotRegistered = cause({
  code: 'FT-DATA-REGISTRY',
  slug: 'dataset-not-registered',
  title: 'The dataset is not listed in dataset_info.json',
  matches: [
    /Undefined dataset (?<name>\S{1,200}) in dataset_info/,
    /Undefined dataset (?<name>\S{1,200})/,
    /(?:Cannot|Can't) (?:open|find) .{0,120}dataset_info\.json/,
    /dataset_info\.json.{0,80}(?:not (?:found|exist)|does not exist|missing)/i,
  ],
  explains: (found) =>
    `LLaMA-Factory knows a dataset only by its entry in dataset_info.json${found.groups['name'] === undefined ? '' : `, and has none named ${found.groups['name']}`}.`,
  fixes: () => [
    needsValue('Add an entry to data/dataset_info.json, or correct the name of the dataset'),
    manual('Start from the project folder, or set dataset_dir to the folder of dataset_info.json'),
  ],
})

const SPLITS = /^(?:train|test|validation|valid|val|dev|eval|unsupervised)\w*$/

export const unknownSplit = cause({
  code: 'FT-DATA-SPLIT',
  slug: 'unknown-split',
  title: 'The dataset has no such split',
  matches: [
    /Unknown split "?'?(?<split>[\w./-]{1,80})"?'?\. Should be one of (?<have>.{1,200})/,
    /Bad split: (?<split>[\w./-]{1,80})\. Available splits: (?<have>.{1,200})/,
    /--do_(?:train|eval|predict) requires an? (?<split>\w+) dataset/,
    /requires an? (?:train|validation|eval|test) dataset/i,
    /Split (?<split>\w+) not found in dataset/i,
    /KeyError: ['"](?<split>[\w.-]{1,60})['"]\s*$/,
    /Trainer: (?:training|evaluation) requires an? (?:train|eval)_dataset/,
  ],
  when: (found) =>
    (found.line.exception !== 'KeyError' && !/^KeyError/.test(found.line.text)) ||
    found.above(3).some((line) => /dataset_dict\.py/.test(line)) ||
    (SPLITS.test(found.groups['split'] ?? '') &&
      found
        .above(30)
        .some((line) => /datasets|DatasetDict|dataset\w*\[|load_dataset|splits?\[|dataset_dict/i.test(line))),
  explains: (found) => {
    const { split, have } = found.groups
    const asked = split === undefined ? 'the split that was asked for' : `the split \`${split}\``
    return `The dataset does not have ${asked}${have === undefined ? '' : `; it has ${have.replace(/\.$/, '')}`}.`
  },
  fixes: () => [
    needsValue('Use one of the splits that the dataset has'),
    manual('Or make one: dataset["train"].train_test_split(test_size=0.2)'),
  ],
})

export const emptyDataset = cause({
  code: 'FT-DATA-EMPTY',
  slug: 'empty-dataset',
  title: 'The dataset has no rows',
  matches: [
    /num_samples should be a positive integer value, but got num_samples=0/,
    /(?:dataset|Dataset) (?:is empty|has no (?:rows|samples|examples)|contains no)/,
    /Instruction ["'][^"']{1,80}["'] corresponds to no data/,
    /Invalid key: \d+ is out of bounds for size 0/,
    /Cannot find valid samples/i,
    /has no (?:training |evaluation |valid )?(?:samples|examples|rows)\b/i,
    /'a' cannot be empty unless no samples are taken|Cannot choose from an empty sequence/,
    /(?:Found|found) 0 (?:files|images|samples|rows|sequences|examples)/,
    /No (?:examples|samples|rows|data) (?:found|left|in)\b.{0,120}(?:dataset|split|file|director|data)/i,
    /EmptyDatasetError|EmptyDataError: No columns to parse/,
    /(?:train|eval|training|evaluation|validation)_?(?: |)(?:dataset|set|data) (?:is|was) empty/i,
    /With n_samples=0, test_size/,
    /Found empty batch|expected a non-empty list of Tensors/i,
    /Found array with 0 sample/,
    /(?:max|min|sum)\(\) arg is an empty sequence/,
    /integer division or modulo by zero|ZeroDivisionError/,
    /The train dataset contains 0 samples|0 examples|Num examples = 0\b/,
  ],
  when: (found, log) => {
    const text = found.line.text
    if (/ZeroDivision|modulo by zero|empty sequence|Num examples = 0|0 examples/.test(text)) {
      return (
        /dataloader|data_loader|Num examples = 0|len\((?:train|self\.\w*data)|dataset/i.test(
          found.above(20).join('\n'),
        ) &&
        /0 examples|num_rows: 0|Num examples = 0|\b0 (?:train|rows|samples)|len_dataloader|num_update_steps_per_epoch/.test(
          log.text,
        )
      )
    }
    return true
  },
  explains: () =>
    'After loading and filtering nothing is left: the path matches no file, a filter dropped every row, or the split is the wrong one.',
  fixes: () => [
    manual('Check the path and the split, and print len(dataset) after each step'),
    manual('Loosen the filters (length, language, missing labels) or the limit on samples so that rows are left'),
  ],
})

export const missingColumn = cause({
  code: 'FT-DATA-COLUMN',
  slug: 'dataset-column-missing',
  title: 'The dataset has no such column',
  matches: [
    /Column '?(?<column>[^']{1,100}?)'? not in the dataset\. Current columns in the dataset: (?<have>.{1,300})/,
    /Column to remove \[?'?(?<column>[^']{1,100}?)'?\]? not in the dataset/i,
    /Original column name (?<column>\S{1,100}) not in the dataset/i,
    /(?:Column|column) name \[?'?(?<column>[\w .-]{1,100})'?\]? (?:not in|is not in|doesn't exist)/,
    /Columns? \[?'(?<column>[^']{1,100})'.{0,100}(?:not (?:found )?in|doesn't exist|does not exist)/,
    /--(?:text|label|input|prompt)_column'? value '(?<column>[^']{1,100})' needs to be one of/,
    /KeyError: (?:'"|["'])?(?<column>[\w .-]{1,80})["']?\s*$/,
    /dataset_text_field.{0,80}(?:not found|missing|does not exist)|does not (?:have|contain) (?:a |the )?(?:column|field|key) '?(?<column>[\w-]{1,80})/i,
    /Invalid key: (?<column>\S{1,80})\. Please first select a split/,
    /\[['"]?(?<column>[\w .-]{1,80})['"].{0,200}\] not (?:found )?in (?:axis|index)/,
    /None of .{0,200} are in the \[?(?:columns|index)/,
    /"The following columns were not found|needs to (?:have|contain) (?:a |the )?column/i,
  ],
  engine: ['dataset-column'],
  when: isColumn,
  explains: (found, facts) => {
    if (facts.engineCode === 'dataset-column') return found.line.message
    const { column, have } = found.groups
    const known = have?.replace(/["']$/, '') ?? (facts.columns === undefined ? undefined : facts.columns.join(', '))
    return `The code asks for ${column === undefined ? 'a column (key)' : `the column \`${column}\``} that the dataset does not have${known === undefined ? '' : `; it has ${known}`}.`
  },
  fixes: () => [
    needsValue('Name the column that holds it: text_column or label_column here, or rename_column in code'),
    manual('Print dataset.column_names, and change the key in the code to one of them'),
  ],
})

/** A KeyError alone may be anything; a dataset, a collator or a data frame must have been asked. */
function isColumn(found: Found): boolean {
  if (
    !/KeyError/.test(found.line.text) ||
    /not in the dataset|Invalid key|not (?:found )?in (?:axis|index)|None of/.test(found.line.text)
  )
    return true
  if (/^KeyError: ['"]?(?:train|test|validation|valid|val|dev)['"]?$/.test(found.line.text.trim())) return false
  if (/eval_\w+/.test(found.line.text)) return false
  const column = found.groups['column'] ?? ''
  const above = found.above(60)
  const near = above.slice(0, 60).join('\n')
  if (
    /datasets[\\/](?:arrow_dataset|formatting|dataset_dict|iterable_dataset)|collat|tokenize_function|preprocess_function|\bexamples?\[|batch\[|dataset\w*\[|data_loader|dataloader|_utils[\\/]fetch|def __getitem__/i.test(
      near,
    )
  ) {
    return true
  }
  return (
    /pandas[\\/]core/.test(near) &&
    /\b(?:label|text|target|sentence|review|prompt|input|output|class|question|answer|content)/i.test(column)
  )
}

export const noColumnsMatch = cause({
  code: 'FT-DATA-FORWARD-COLUMNS',
  slug: 'no-columns-match-forward',
  title: "No column of the dataset fits the model's inputs",
  matches: [
    /No columns in the dataset match the model's forward method signature/i,
    /You have to specify either (?:decoder_)?input_ids or (?:decoder_)?inputs_embeds/i,
    /You should supply an encoding or a list of encodings to this method that includes input_ids, but you provided \[(?<have>[^\]]{0,200})\]/i,
    /Invalid key: \d+ is out of bounds for size 0/,
  ],
  // The Trainer's own data loader asks a dataset that lost its columns; anybody else asks one without rows.
  when: (found) =>
    !/Invalid key/.test(found.line.text) || found.above(80).some((line) => /_utils[\\/]fetch|trainer\.py/.test(line)),
  explains: (found) =>
    `The Trainer drops columns that the model's forward does not take, and nothing was left${found.groups['have'] === undefined || found.groups['have'] === '' ? '' : ` but ${found.groups['have']}`}: the texts were not tokenized into input_ids, or labels have another name.`,
  fixes: () => [
    manual('Tokenize the data before training (dataset.map), so that it has input_ids, attention_mask and labels'),
    maybe('Or keep every column for your own collator: remove_unused_columns=False'),
  ],
})

export const extraColumn = cause({
  code: 'FT-DATA-EXTRA-COLUMN',
  slug: 'extra-column-passed-to-forward',
  title: "A column of the dataset is passed to the model's forward",
  matches: [
    /forward\(\) got an unexpected keyword argument '?(?<column>(?!num_items_in_batch)\w{1,80})/,
    /forward\(\) got (?:an unexpected keyword argument|multiple values for (?:keyword )?argument) '(?<column>\w{1,80})'/,
  ],
  when: (found) => found.groups['column'] !== 'num_items_in_batch',
  explains: (found) =>
    `The column \`${found.groups['column'] ?? ''}\` of the dataset goes into the batch, and the model's forward does not take it.`,
  fixes: (found) => [
    manual(`Drop it: dataset.remove_columns(["${found.groups['column'] ?? 'column'}"])`),
    manual('Or keep remove_unused_columns=True, so that the Trainer drops it'),
  ],
})

export const chatTemplate = cause({
  code: 'FT-DATA-CHAT-TEMPLATE',
  slug: 'chat-template-missing',
  title: 'The tokenizer has no chat template',
  matches: [
    /tokenizer\.chat_template is not set/i,
    /(?:does not|doesn't) have a chat template|no chat template is (?:set|defined)|No chat template/i,
    /apply_chat_template.{0,80}(?:chat_template|template).{0,60}(?:not set|is None|no template)/i,
    /no (?:default )?(?:chat )?template (?:argument|is defined|was passed)/i,
  ],
  explains: () =>
    'Conversations are turned into text by a template that comes with the tokenizer; base models have none.',
  fixes: () => [
    maybe('Take the instruct (chat) version of the model', { changes_result: true }),
    needsValue('Or set tokenizer.chat_template, e.g. from the instruct model or with trl.setup_chat_format'),
    manual('Or format the prompt yourself and train on a text column'),
  ],
})
