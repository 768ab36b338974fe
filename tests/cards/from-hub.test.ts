import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { histogram } from '../../src/cards/histogram.ts'
import { textOf } from '../../src/cards/layout.ts'
import { predictionCard } from '../../src/cards/prediction.ts'
import { previewCard } from '../../src/cards/preview.ts'
import { pythonScript } from '../../src/cards/python-script.ts'
import { receiptCard } from '../../src/cards/receipt.ts'
import { showCard } from '../../src/cards/show.ts'
import { problemsOfCard } from '../../src/cards/validate.ts'
import type { Preview } from '../../src/engine/data/preview.ts'
import { EMPTY_VIEW } from '../../src/run/view.ts'
import { runLike, viewOf } from './runs.ts'

const COMMIT = '0123456789abcdef0123456789abcdef01234567'
const OTHER = 'fedcba9876543210fedcba9876543210fedcba98'
const PINNED = {
  model: 'distilbert/distilbert-base-uncased',
  dataset: 'stanfordnlp/imdb',
  model_revision: COMMIT,
  dataset_revision: OTHER,
  dataset_config_name: 'plain_text',
}
const run = runLike()
const pinned = { ...run, spec: { ...run.spec, ...PINNED } }

const INSPECTION: Preview['inspection'] = {
  columns: ['id', 'text', 'label'],
  text_column: 'text',
  label_column: 'label',
  problem_type: 'single_label_classification',
  labels: ['neg', 'pos'],
  label_counts: [300, 100],
  label_range: null,
  train_rows: 400,
  eval_rows: 100,
  split: 'given',
  duplicates: 3,
  lengths: {
    median: 900,
    p90: 2000,
    longest: 9000,
    unit: 'characters',
    histogram: [1, 8, 4, 2, 1, 0, 0, 1],
    histogram_to: 3000,
    over_max_length: 0.125,
  },
}
const FROM: Preview['from'] = {
  name: 'stanfordnlp/imdb',
  revision: OTHER,
  config: 'plain_text',
  configs: 2,
  splits: ['train', 'test'],
}
const preview = (inspection: Partial<Preview['inspection']> = {}, more: Partial<Preview> = {}) =>
  previewCard({
    run: pinned,
    preview: {
      inspection: { ...INSPECTION, ...inspection },
      samples: [{ text: '**bold** @everyone [link](http://x.y)\n# title', labels: ['neg'] }],
      from: FROM,
      ...more,
    },
  })
const said = (...args: Parameters<typeof preview>) => textOf(preview(...args).components)

test('a preview says where the rows are from, how many, how the labels lie, and what is in both splits', () => {
  const text = said()
  expect(text).toContain('from the Hub at `fedcba9` · configuration `plain_text` of 2 · `train` and `test`')
  expect(text).toContain('text in `text`, label in `label` · not read: `id`')
  expect(text).toContain('**400 rows** of 400 to train, **100** of 100 to evaluate')
  expect(text).toContain('⚠ 3 rows of 100 to evaluate (3 %) have a text that is also trained on.')
  expect(text).toMatch(/neg {2}300 {2}75 % {2}█{10}\npos {2}100 {2}25 % {2}███░{7}/)
  expect(text).toContain('about 13 % are longer than `max_length` 512')
})

test('what a text holds does nothing on the card', () => {
  const text = said()
  expect(text).toContain('\\*\\*bold\\*\\* \\@everyone \\[link\\]\\(http://x.y\\) \\# title')
})

test('what is not known is not said', () => {
  const text = said({ label_counts: [], lengths: null, duplicates: null })
  expect(text).toContain('labels `neg`, `pos`')
  expect(text).toContain('too large to be brought here')
  expect(text).toContain('not known before the run')
  expect(said({ duplicates: 0 }, { from: null })).toContain('No text to evaluate is also one to train on.')
  expect(said({ labels: [], label_counts: [], label_range: { least: -1, mean: 0.25, most: 5 } })).toContain(
    'numbers from **-1** to **5**, 0.25 on average',
  )
})

test.each([1, 2, 11, 1000])('it fits into a message and a phone with %i labels', (amount) => {
  const labels = Array.from({ length: amount }, (_, index) => `label ${index} ${'with a long name '.repeat(8)}`)
  const long = 'x'.repeat(5000)
  const card = preview(
    {
      labels,
      label_counts: labels.map((_, index) => index * 1000),
      columns: Array.from({ length: 300 }, (_, index) => `column ${index} ${long}`),
      text_column: long,
    },
    { samples: [1, 2, 3].map(() => ({ text: long, labels: labels.slice(0, 20) })), from: { ...FROM, config: long } },
  )
  expect(problemsOfCard(card)).toEqual([])
  const blocks = textOf(card.components).match(/```[\s\S]*?```/g) ?? []
  for (const line of blocks.join('\n').split('\n')) expect(line.length, line).toBeLessThanOrEqual(40)
})

test('a histogram: the highest column is full, and the smallest is still seen', () => {
  expect(histogram([24, 1, 0, 12], { to: 800 })).toBe(['██', '██    ▄▄', '██▁▁  ██', '0    800'].join('\n'))
})

test('a receipt names the commits, from the spec or, where it has none, from what the engine said', () => {
  const text = (card: ReturnType<typeof receiptCard>) => textOf(card.components)
  expect(text(receiptCard({ run: pinned, view: EMPTY_VIEW }))).toContain(
    `model \`${PINNED.model}\`\n-# revision \`${COMMIT}\`\ndataset \`${PINNED.dataset}\`, configuration \`plain_text\`\n-# revision \`${OTHER}\``,
  )
  const view = viewOf({
    type: 'hub',
    model: { name: PINNED.model, revision: COMMIT },
    dataset: { name: PINNED.dataset, revision: OTHER, config_name: 'plain_text' },
  })
  const unpinned = { ...run, spec: { ...run.spec, model: 'distilbert-base-uncased', dataset: 'imdb' } }
  expect(text(receiptCard({ run: unpinned, view }))).toBe(
    text(receiptCard({ run: pinned, view })).replace(
      /spec `\w+`/,
      /spec `\w+`/.exec(text(receiptCard({ run: unpinned, view })))?.[0] ?? '',
    ),
  )
  expect(text(receiptCard({ run, view: EMPTY_VIEW }))).not.toContain('revision')
})

test('what was trained on what is named with its commits where people ask for it', () => {
  const named = '`distilbert/distilbert-base-uncased` at `0123456` on `stanfordnlp/imdb` (plain\\_text) at `fedcba9`'
  expect(textOf(showCard({ run: pinned, view: EMPTY_VIEW, changes: [] }).components)).toContain(named)
  const prediction = {
    text: 'x',
    problem_type: 'single_label_classification',
    label: 'pos',
    score: 1,
    all: [],
  } as const
  expect(textOf(predictionCard({ run: pinned, prediction }).components)).toContain(`-# #42 · ${named}`)
  expect(textOf(predictionCard({ run, prediction }).components)).toContain('`builtin/encoder` on `builtin/emails`')
})

test('the script takes the same commits', () => {
  const script = pythonScript(pinned)
  expect(script).toContain(`AutoTokenizer.from_pretrained("${PINNED.model}", revision="${COMMIT}")`)
  expect(script).toContain(
    `data = load_dataset(\n    "stanfordnlp/imdb",\n    data_dir="plain_text",\n    revision="${OTHER}",\n)`,
  )
  if (spawnSync('python3', ['--version']).status !== 0) return
  const { stderr } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: script,
    encoding: 'utf8',
  })
  expect(stderr).toBe('')
})
