import { cause } from '../cause.ts'
import { manual, needsValue } from '../fix.ts'

export const oneLabel = cause({
  code: 'FT-DATA-ONE-LABEL',
  slug: 'dataset-one-label',
  title: 'The training rows have only one label',
  matches: [/(?:dataset|training rows|rows) .{0,60}(?:only one label|a single label|one label only)/i],
  engine: ['dataset-one-label'],
  explains: () =>
    'A classifier needs at least two labels to tell apart; all rows that were selected carry the same one.',
  fixes: () => [
    needsValue('Check label_column: it must name the column with the classes'),
    manual('Take more rows, or shuffle them before they are selected (shuffle_seed)', { changes_result: true }),
  ],
})

export const dataUnreadable = cause({
  code: 'FT-DATA-UNREADABLE',
  slug: 'data-unreadable',
  title: 'The dataset cannot be used as it is',
  matches: [/(?:is not UTF-8|not valid UTF-8|utf-8' codec can't decode)/i, /UnicodeDecodeError: .{1,200}/],
  engine: ['data-unreadable', 'dataset-encoding'],
  explains: (found, facts) =>
    facts.engineCode
      ? found.line.message
      : 'The file is not text in UTF-8, not a whole Parquet file, or of another kind than its name says.',
  fixes: () => [
    manual('Save it as UTF-8', { command: 'iconv -f WINDOWS-1252 -t UTF-8 FILE > FILE.utf8' }),
    needsValue('Or give a CSV, JSONL or Parquet file'),
  ],
  when: (_found, log) => /dataset|csv|json|parquet|pandas|read_/i.test(log.text.slice(0, 100_000)),
})

export const pathOutside = cause({
  code: 'FT-PATH-OUTSIDE',
  slug: 'path-outside-folder',
  title: 'The path leaves the folder that it must stay in',
  matches: [/path .{1,200} (?:is outside|leaves) (?:of )?the .{1,60}folder/i],
  engine: ['path-outside'],
  explains: (found) =>
    `${found.line.message} Datasets and models are read only from their own folders, so that nobody reads other files of the machine through a run.`,
  fixes: () => [needsValue('Put the file into the datasets (or models) folder and name it relative to that')],
})

export const modelUnreadable = cause({
  code: 'FT-MODEL-UNREADABLE',
  slug: 'model-unreadable',
  title: 'The model folder cannot be used',
  matches: [],
  engine: ['model-unreadable'],
  explains: (found) => found.line.message,
  fixes: () => [
    needsValue(
      'Name a folder with a whole model: config.json, model.safetensors and tokenizer.json of one architecture',
    ),
    manual('Copy or download it again, if a file was cut off'),
  ],
})

export const noExecutor = cause({
  code: 'FT-NO-EXECUTOR',
  slug: 'no-executor',
  title: 'Nothing on this machine can run the training',
  matches: [],
  engine: ['no-executor', 'environment'],
  explains: (found) => found.line.message,
  fixes: (found) => [
    ...(/^FINETUNE_EXECUTOR says/.test(found.line.message)
      ? [manual('Or take FINETUNE_EXECUTOR out of .env and start the bot again: runs then take what works here')]
      : []),
    manual('See what is missing, and the command that mends it', { command: 'npx finetune doctor' }),
  ],
})

export const notPermitted = cause({
  code: 'FT-PERMISSION',
  slug: 'permission-denied',
  title: 'A file or folder may not be read or written',
  matches: [],
  engine: ['permission-denied'],
  explains: (found) => found.line.message,
  fixes: () => [
    manual('Let the account that trains read the data and write the run folder', { command: 'ls -ld FOLDER' }),
  ],
})
