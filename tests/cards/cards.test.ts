import { spawnSync } from 'node:child_process'
import { ButtonStyle, ComponentType, MessageFlags } from 'discord-api-types/v10'
import { expect, test } from 'vitest'
import { cancelledCard } from '../../src/cards/cancelled.ts'
import { channelLine, threadName } from '../../src/cards/channel-line.ts'
import { confirmStopCard } from '../../src/cards/confirm-stop.ts'
import { discardedCard, draftCard } from '../../src/cards/draft.ts'
import { editForm } from '../../src/cards/edit-form.ts'
import { evaluationCard } from '../../src/cards/evaluation.ts'
import { explanationCard } from '../../src/cards/explanation.ts'
import { failureCard } from '../../src/cards/failure.ts'
import { confirmFixCard, mendingCard } from '../../src/cards/fix.ts'
import { helpCard } from '../../src/cards/help.ts'
import { type Card, textOf } from '../../src/cards/layout.ts'
import { listCard, RUNS_LISTED } from '../../src/cards/list.ts'
import { logCard } from '../../src/cards/log-tail.ts'
import { objectionCard } from '../../src/cards/objection.ts'
import { overviewCard } from '../../src/cards/overview.ts'
import { predictionCard } from '../../src/cards/prediction.ts'
import { pythonCard, pythonScript } from '../../src/cards/python-script.ts'
import { receiptCard } from '../../src/cards/receipt.ts'
import { resultCard } from '../../src/cards/result.ts'
import { showCard } from '../../src/cards/show.ts'
import { statusCard } from '../../src/cards/status.ts'
import { forgottenCard, notTaughtCard, taughtCard, teachForm } from '../../src/cards/teach.ts'
import { explainForm, tryForm } from '../../src/cards/text-form.ts'
import { problemsOfCard, problemsOfForm } from '../../src/cards/validate.ts'
import { warningCard } from '../../src/cards/warning.ts'
import { type Answered, NEVER_SEEN } from '../../src/diagnosis/answered.ts'
import type { Explanation } from '../../src/diagnosis/explain.ts'
import { type Fix, fixId } from '../../src/diagnosis/fix.ts'
import { ARGUMENT_NAMES, type Arguments } from '../../src/run/arguments.ts'
import type { Finding } from '../../src/run/finding.ts'
import { RunState } from '../../src/run/state.ts'
import type { Evaluation, GpuSample } from '../../src/run/events.ts'
import { EMPTY_VIEW, fold, type RunView } from '../../src/run/view.ts'
import type { TaughtRow } from '../../storage/taught.ts'
import { done, ENDED_AT, evaluation, EVERYTHING_CHANGED, EXECUTOR, logRow, PLAN, runLike, viewOf } from './runs.ts'

const text = ({ components }: Card) => textOf(components)
const labels = (card: Card) =>
  [...JSON.stringify(card).matchAll(/"label":"(?<label>[^"]+)"/g)].map((match) => match.groups?.label)
const LONG = 'Wörter, `Zeichen` und @everyone [Link](https://example.org) '.repeat(200)

const FINDINGS: Finding[] = [
  { check: 'dataset', outcome: 'ok', text: 'columns `text`, `label` found, labels ham / spam', remedy: null },
  { check: 'rows', outcome: 'warning', text: LONG, remedy: LONG },
]
const OFFERED: Finding = {
  check: 'memory',
  outcome: 'warning',
  text: LONG,
  remedy: LONG,
  offers: Array.from({ length: 9 }, (_, seed) => ({
    label: `Take batch 4096 × ${seed}, gradient_checkpointing`,
    change: { seed: seed + 100 },
  })),
}
const NO_DATA: Finding = {
  check: 'dataset',
  outcome: 'failed',
  text: 'There is no dataset `x.csv`.',
  remedy: 'Copy it.',
}

const FIX: Fix & { change: Partial<Arguments> } = {
  label: 'per_device_train_batch_size 64 → 32: the effective batch stays 64',
  applicability: 'apply',
  change: { per_device_train_batch_size: 32 },
  keeps_effective_batch: true,
  changes_result: false,
}

const TAUGHT: TaughtRow = {
  id: 3,
  guild_id: '100000000000000001',
  title: LONG,
  line: LONG,
  why: LONG,
  remedy: LONG,
  taught_by: '100000000000000003',
  taught_at: ENDED_AT.started_at,
  forgotten_by: null,
  forgotten_at: null,
}

const EXPLANATION: Explanation = {
  code: 'FT-OOM-TRAIN',
  cause: 'cuda-oom',
  title: 'Out of memory while training',
  where: 'running, step 12',
  evidence: 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 192.00 MiB',
  why: 'batch 64 × 512 tokens needs more than there is.',
  fixes: [
    FIX,
    { label: 'A bigger machine', applicability: 'manual', keeps_effective_batch: true, changes_result: false },
  ],
}

const answered = (over: Partial<Answered> = {}): Answered => ({
  id: 7,
  explanation: EXPLANATION,
  first: null,
  seen: NEVER_SEEN,
  ...over,
})
const UNKNOWN = answered({ explanation: null, first: { message: LONG, exception: null, frame: LONG } })

/** An answer that says as much as one can: eight fixes that all have a button, tried many times. */
const MUCH: Answered = {
  id: 999_999_999,
  explanation: {
    ...EXPLANATION,
    code: 'HERE-123456789',
    title: LONG,
    where: LONG,
    evidence: LONG,
    why: LONG,
    taught: { id: 123_456_789, by: '100000000000000003', at: ENDED_AT.started_at },
    fixes: Array.from({ length: 8 }, (_, seed) => ({
      label: LONG,
      applicability: 'apply' as const,
      change: { seed },
      command: LONG,
      keeps_effective_batch: true,
      changes_result: seed % 2 === 0,
      cost: LONG,
    })),
  },
  first: null,
  seen: {
    failures: 1000,
    tried: Array.from({ length: 9 }, (_, index) => ({
      fix: index === 0 ? 'seed' : ARGUMENT_NAMES.slice(0, index + 9).join(' '),
      worked: Array.from({ length: index === 8 ? 0 : 30 }, (__, id) => 100_000 + id),
      failed: 12,
    })),
    objections: Array.from({ length: 20 }, (_, id) => `1000000000000000${id + 10}`),
  },
}

const RUNNING = viewOf(
  EXECUTOR,
  PLAN,
  { type: 'phase', phase: 'running' },
  logRow(25, 0.7),
  { type: 'heartbeat', step: 75, expect_next_in: 10, samples_per_second: 31.234, memory_bytes: 2 ** 30 },
  logRow(150, 0.1),
  { type: 'checkpoint', step: 125, epoch: 1, folder: 'checkpoint-125' },
)
const FINISHED = viewOf(
  EXECUTOR,
  PLAN,
  logRow(125),
  evaluation(0, 0.5),
  evaluation(125, 0.97),
  evaluation(250, 0.978),
  done(250),
)
const MANY_LABELS = viewOf(
  PLAN,
  evaluation(
    250,
    0.8,
    Array.from({ length: 60 }, (_, i) => `a label with a long name ${i}`),
  ),
  done(250),
)
const CONFUSABLE = viewOf(
  PLAN,
  evaluation(250, 0.8, ['Ähnlich wie eins', '二番目のラベル', 'c'.repeat(90), 'd', 'e']),
  done(250),
)
const LONG_NAMES = runLike({
  thread_id: '100000000000000009',
  args: EVERYTHING_CHANGED,
  state: 'completed',
  ...ENDED_AT,
  parent_id: 41,
})
LONG_NAMES.spec.model = `team/${'m'.repeat(190)}`
LONG_NAMES.spec.dataset = `folder/${'*_`@everyone'.repeat(16)}.csv`

/** Every card in its plain and in its fullest form. */
const CARDS: Record<string, Card> = {
  draft: draftCard({ run: runLike(), findings: FINDINGS, pending: 3, notices: [] }),
  'draft, everything changed': draftCard({
    run: { ...LONG_NAMES, state: 'draft' },
    findings: [OFFERED, ...FINDINGS, ...FINDINGS, ...FINDINGS, NO_DATA],
    pending: 0,
    notices: [LONG, LONG],
  }),
  'draft, nothing known': draftCard({ run: runLike(), findings: [], pending: 0, notices: [] }),
  discarded: discardedCard(LONG_NAMES, '100000000000000003'),
  ...Object.fromEntries(
    RunState.options.flatMap((state) => [
      [`channel line, ${state}`, channelLine({ run: { ...LONG_NAMES, state }, view: FINISHED })],
      [`status, ${state}`, statusCard({ run: { ...LONG_NAMES, state }, view: RUNNING, ahead: 2 })],
      [`status, ${state}, nothing known`, statusCard({ run: runLike({ state }), view: EMPTY_VIEW, ahead: 0 })],
    ]),
  ),
  result: resultCard({ run: runLike({ state: 'completed', ...ENDED_AT }), view: FINISHED }),
  'result, many labels': resultCard({ run: LONG_NAMES, view: MANY_LABELS }),
  'result, five labels': resultCard({ run: LONG_NAMES, view: CONFUSABLE }),
  'result, not evaluated': resultCard({ run: LONG_NAMES, view: viewOf(PLAN, done(250)) }),
  cancelled: cancelledCard({ run: { ...LONG_NAMES, state: 'cancelled' }, view: RUNNING }),
  failure: failureCard({ run: LONG_NAMES, view: RUNNING, answered: answered() }),
  'failure, much to say': failureCard({
    run: {
      ...LONG_NAMES,
      ending: { is: 'failed', exitCode: null, signal: 'SIGKILL', cause: null, message: LONG, step: 12 },
    },
    view: viewOf({ type: 'failed', step: 12, code: null, message: LONG, remedy: LONG, trace: LONG }),
    answered: MUCH,
  }),
  'failure, not known': failureCard({ run: LONG_NAMES, view: EMPTY_VIEW, answered: UNKNOWN }),
  'failure, nothing said': failureCard({
    run: LONG_NAMES,
    view: EMPTY_VIEW,
    answered: answered({ explanation: null }),
  }),
  explanation: explanationCard({ answered: answered() }),
  'explanation, much to say': explanationCard({ answered: MUCH }),
  'explanation, not known': explanationCard({ answered: UNKNOWN }),
  'explanation, no error': explanationCard({ answered: answered({ explanation: null }) }),
  'confirm a fix': confirmFixCard({
    run: LONG_NAMES,
    code: 'FT-OOM-TRAIN',
    fix: { ...FIX, label: LONG, change: EVERYTHING_CHANGED },
  }),
  mending: mendingCard(LONG_NAMES, { run_id: 41, diff: LONG, actor: '100000000000000003' }),
  'not taught': notTaughtCard({
    problems: [LONG, LONG, LONG],
    written: { title: LONG, line: LONG, why: LONG, remedy: LONG },
  }),
  'nothing taught': taughtCard([]),
  taught: taughtCard(Array.from({ length: 40 }, (_, id) => ({ ...TAUGHT, id: 100_000_000 + id }))),
  forgotten: forgottenCard(TAUGHT),
  objection: objectionCard({ answer: 999_999_999, run: 42, code: 'FT-OOM-TRAIN' }),
  'list of none': listCard({ runs: [], more: false, about: 'here' }),
  list: listCard({
    runs: Array.from({ length: RUNS_LISTED }, (_, id) => ({ ...LONG_NAMES, id: id + 1 })),
    more: true,
    about: 'here',
  }),
  'overview of none': overviewCard([]),
  overview: overviewCard(Array.from({ length: 30 }, () => ({ run: LONG_NAMES, view: RUNNING, ahead: 0 }))),
  show: showCard({
    run: LONG_NAMES,
    view: viewOf(...Array.from({ length: 30 }, (_, step) => evaluation(step, 0.9))),
    changes: Array.from({ length: 30 }, () => ({
      run_id: 42,
      actor: '100000000000000003',
      from_state: 'draft' as const,
      to_state: 'queued' as const,
      reason: LONG,
      at: ENDED_AT.started_at,
    })),
  }),
  receipt: receiptCard({ run: { ...LONG_NAMES, folder: `/${'f'.repeat(400)}` }, view: FINISHED }),
  prediction: predictionCard({
    run: LONG_NAMES,
    prediction: {
      text: LONG,
      problem_type: 'single_label_classification',
      label: LONG,
      score: 0.5,
      all: Array.from({ length: 60 }, (_, i) => ({ label: `${i} ${LONG}`, score: 1 / 60 })),
    },
  }),
  log: logCard({ run: LONG_NAMES, log: LONG.repeat(5) }),
  'log of nothing': logCard({ run: LONG_NAMES, log: '' }),
  python: pythonCard(LONG_NAMES),
  help: helpCard([{ name: 'start', description: 'd'.repeat(100) }]),
  warning: warningCard({
    type: 'warning',
    seq: 1,
    at: ENDED_AT.started_at,
    code: 'loss-not-finite',
    message: LONG,
    step: 3,
  }),
  'confirm stop': confirmStopCard(LONG_NAMES),
}

test.each(Object.entries(CARDS))('Discord takes it, and a phone shows it: %s', (_, card) => {
  expect(problemsOfCard(card)).toEqual([])
})

test.each(Object.entries(CARDS))('nothing that a person wrote is markup: %s', (_, card) => {
  const said = text(card).replaceAll(/```[\s\S]*?```|`[^`\n]*`/g, '')
  expect(said).not.toMatch(/(?<!\\)@everyone|\]\(https:\/\/example/)
})

test.each([
  ['edit', editForm(runLike())],
  ['edit, everything changed', editForm({ ...LONG_NAMES, state: 'draft' })],
  ['try', tryForm({ id: 42 })],
  ['explain', explainForm()],
  ['teach', teachForm({ answer: 999_999_999, run: 42, line: LONG })],
])('Discord takes the form: %s', (_, form) => {
  expect(problemsOfForm(form)).toEqual([])
})

test('the validator sees what Discord would refuse', () => {
  const button = (custom_id: string) => ({
    type: ComponentType.Button as const,
    style: ButtonStyle.Primary as const,
    label: 'x'.repeat(81),
    custom_id,
  })
  const bad: Card = {
    flags: MessageFlags.IsComponentsV2,
    components: [
      { type: ComponentType.TextDisplay, content: 'x'.repeat(4001) },
      { type: ComponentType.TextDisplay, content: ' ' },
      { type: ComponentType.TextDisplay, content: `\`\`\`\n${'a  b'.repeat(20)}\n\`\`\`` },
      { type: ComponentType.ActionRow, components: Array.from({ length: 6 }, () => button('same')) },
      ...Array.from({ length: 40 }, () => ({ type: ComponentType.Separator as const })),
    ],
  }
  expect(problemsOfCard(bad).map((problem) => problem.replace(/, got [\s\S]*/, ''))).toEqual(
    expect.arrayContaining([
      'expected at most 40 for components of a message',
      'expected at most 4000 for characters of a message',
      'expected text',
      'expected a table of at most 40 columns',
      'expected each id once',
      'expected at most 5 for buttons of a row',
      'expected at most 80 for a button label',
    ]),
  )
})

test('a draft marks what differs from the default, and nothing else', () => {
  const said = text(
    draftCard({ run: runLike({ args: { learning_rate: 1e-4 } }), findings: [], pending: 2, notices: [] }),
  )
  expect(said).toContain('**learning_rate** `1e-04` (default 5e-05)')
  expect(said).toContain('\nnum_train_epochs `3`\n')
  expect(said).not.toContain('weight_decay')
  expect(said).toContain('2 checks are still running')
})

test('a failed check disables Launch and says why; the button stays', () => {
  const card = draftCard({ run: runLike(), findings: [NO_DATA], pending: 0, notices: [] })
  expect(labels(card)).toContain('Launch')
  expect(JSON.stringify(card)).toMatch(/"label":"Launch","custom_id":"ft1:launch:42","disabled":true/)
  expect(text(card)).toContain('✗ There is no dataset `x.csv`.')
  expect(text(card)).toContain('Launch waits for the line with ✗: press Edit, or mend it where it is')
  expect(text(card)).toContain('Another model or dataset is another `/finetune start`.')
  expect(labels(card)).toContain('Check again')
  const fine = draftCard({ run: runLike(), findings: FINDINGS, pending: 0, notices: [] })
  expect(labels(fine)).not.toContain('Check again')
  expect(text(fine)).not.toContain('Launch waits')
})

test('a remedy that several findings share is said once, after the last of them', () => {
  const words = ['a', 'b'].map((said): Finding => ({ ...NO_DATA, check: 'words', text: said, remedy: 'Press Edit.' }))
  const said = text(draftCard({ run: runLike(), findings: [...words, NO_DATA], pending: 0, notices: [] }))
  expect(said).toContain('✗ a\n✗ b\n-# Press Edit.\n✗ There is no dataset')
  expect(said).toContain('Launch waits for the 3 lines with ✗')
})

test('a draft has a button for each change that its findings offer, but for those that it has', () => {
  const offers = [
    { label: 'Take batch 8 × 2', change: { per_device_train_batch_size: 8, gradient_accumulation_steps: 2 } },
    { label: 'Take gradient_checkpointing', change: { gradient_checkpointing: true } },
  ]
  const finding: Finding = { check: 'memory', outcome: 'warning', text: 'Too large.', remedy: null, offers }
  const of = (args: Partial<Arguments>) =>
    labels(draftCard({ run: runLike({ args }), findings: [finding, finding], pending: 0, notices: [] }))
  expect(of({ per_device_train_batch_size: 16 }).slice(0, 3)).toEqual([
    'Take batch 8 × 2',
    'Take gradient_checkpointing',
    'Launch',
  ])
  expect(of({ per_device_train_batch_size: 8, gradient_accumulation_steps: 2 })[0]).toBe('Take gradient_checkpointing')
})

test('gradient accumulation is said as the rows of an update', () => {
  const args = { per_device_train_batch_size: 16, gradient_accumulation_steps: 4 }
  expect(text(draftCard({ run: runLike({ args }), findings: [], pending: 0, notices: [] }))).toContain(
    '`16` × 4 accumulation = 64 rows an update (default 8)',
  )
})

test('the channel line at the start and at the end', () => {
  const run = runLike({ thread_id: '100000000000000009', state: 'running' })
  expect(text(channelLine({ run, view: RUNNING }))).toBe(
    '▶ **#42 encoder on emails**, started by <@100000000000000003> · <#100000000000000009>',
  )
  expect(text(channelLine({ run: { ...run, state: 'completed', ...ENDED_AT }, view: FINISHED }))).toBe(
    '✓ **#42 encoder on emails** · accuracy 0.978 (± 0.013), 1 min 9 s, started by <@100000000000000003> · <#100000000000000009>',
  )
  expect(text(channelLine({ run: { ...run, state: 'failed' }, view: RUNNING }))).toContain(
    '✗ **#42 encoder on emails**, failed at step 150',
  )
})

test('a thread is named in plain words, as long as Discord allows', () => {
  expect(threadName(runLike())).toBe('#42 encoder on emails')
  expect(threadName(LONG_NAMES).length).toBeLessThanOrEqual(100)
})

test('a run on a GPU tells how the card does, as far as the card tells', () => {
  const said = (gpu: GpuSample) =>
    text(statusCard({ run: runLike({ state: 'running' }), view: { ...RUNNING, gpu }, ahead: 0 }))
  const sample = { utilization: 97, memory_bytes: 41.2 * 2 ** 30, temperature: 64, power_watts: 412.4 }
  expect(said(sample)).toContain('GPU 97 % · 41.2 GiB · 64 °C · 412 W')
  expect(said({ ...sample, utilization: null, power_watts: null })).toContain('GPU 41.2 GiB · 64 °C')
  const nothing = { utilization: null, memory_bytes: null, temperature: null, power_watts: null }
  expect(said(nothing)).not.toContain('GPU')
})

test('a run tells what a step takes, and on a GPU how many kernels were kept', () => {
  const compiled = (kernels?: { cached: number; compiled: number }) =>
    fold(RUNNING, {
      seq: RUNNING.lastSeq + 1,
      at: '2026-03-01T11:00:00.000Z',
      type: 'compiled',
      seconds: 0.7,
      ...(kernels && { kernels }),
    })
  const said = (view: RunView) =>
    text(statusCard({ run: runLike({ state: 'running' }), view: { ...view, stepMs: 3.98 }, ahead: 0 }))
  expect(said(compiled({ cached: 55, compiled: 7 }))).toContain('GPU 55 kernels kept, 7 compiled')
  expect(said(compiled({ cached: 62, compiled: 0 }))).toMatch(/GPU 62 kernels kept$/m)
  expect(said(compiled())).toContain('31.2 samples/s · 3.98 ms a step · 1.0 GiB')
  expect(said(compiled())).not.toContain('kernels')
})

test('the status card', () => {
  const said = text(statusCard({ run: runLike({ state: 'running' }), view: RUNNING, ahead: 0 }))
  expect(said).toContain('step 150/250 (60 %)')
  expect(said).toContain('loss 0.1000  █▁')
  expect(said).toContain('grad_norm 1.23 · learning_rate 8.4e-05 · epoch 1.20')
  expect(said).toContain('31.2 samples/s · 1.0 GiB · about 2 s left')
  expect(said).toContain('last checkpoint `checkpoint-125`')
  expect(said).toContain('onnx on cpu, 2 cores')
})

test('a receipt of defaults says so, and shows no empty box', () => {
  expect(text(receiptCard({ run: runLike(), view: EMPTY_VIEW }))).toContain('all arguments are the defaults')
  const changed = text(receiptCard({ run: runLike({ args: { seed: 7 } }), view: EMPTY_VIEW }))
  expect(changed).toContain('```\nseed 7\n```')
  expect(changed).not.toContain('defaults')
})

test('the receipt says when in the time of whoever reads it', () => {
  const said = text(receiptCard({ run: runLike({ created_at: '2026-11-24T12:10:00.000Z' }), view: FINISHED }))
  expect(said).toContain('started by <@100000000000000003>, <t:1795522200:f>')
  expect(said).not.toContain('2026-11-24T')
})

test('a loss that is not a number stays a word', () => {
  const view = viewOf(PLAN, logRow(1, 0.7), logRow(2, 'NaN'))
  expect(text(statusCard({ run: runLike({ state: 'running' }), view, ahead: 0 }))).toContain('loss NaN  ▁×')
})

test('status buttons: what is asked is said, and not asked twice', () => {
  const run = runLike({ state: 'running', stop_by: '100000000000000003', stop_how: 'save' })
  const card = statusCard({ run, view: RUNNING, ahead: 0 })
  expect(text(card)).toContain('<@100000000000000003> asked it to stop and save.')
  expect(JSON.stringify(card)).toMatch(/"custom_id":"ft1:stop-and-save:42","disabled":true/)
  expect(labels(statusCard({ run: { ...run, state: 'stopped' }, view: RUNNING, ahead: 0 }))).toEqual([])
  expect(text(statusCard({ run: runLike({ state: 'queued' }), view: EMPTY_VIEW, ahead: 2 }))).toContain(
    'waits for 2 other runs',
  )
})

test('an evaluation has the columns of the model card and the change since the last one', () => {
  const view: RunView = viewOf(PLAN, logRow(125), evaluation(125, 0.96), logRow(250, 0.25), evaluation(250, 0.978))
  const [first, second] = view.evaluations as [Evaluation, Evaluation]
  expect(text(evaluationCard({ evaluation: first, view }))).not.toMatch(/[▲▼]/)
  const said = text(evaluationCard({ evaluation: second, view }))
  expect(said).toContain('**Evaluation at step 250** · accuracy 0.978 (± 0.013)')
  expect(said).toMatch(/Training Loss +0\.2500\n/)
  expect(said).toMatch(/Step +250\/250\n/)
  expect(said).toMatch(/Validation Loss +0\.0220 +▼ 0\.0180\n/)
  expect(said).toMatch(/Accuracy +0\.9780 +▲ 0\.0180\n/)
})

test('before the first log row the training loss is "No log", as in a model card', () => {
  const view = viewOf(PLAN, evaluation(0, 0.5))
  expect(text(evaluationCard({ evaluation: view.evaluations[0] as Evaluation, view }))).toMatch(/Training Loss +No log/)
})

test('the result: accuracy with its interval, classes, confusion, what it was before', () => {
  const card = resultCard({ run: runLike({ state: 'completed', ...ENDED_AT }), view: FINISHED })
  const said = text(card)
  expect(said).toContain('accuracy **0.978 (± 0.013)**')
  expect(said).toContain('95 %, n = 500')
  expect(said).toContain('untrained 0.500')
  expect(said).toMatch(/class +prec +rec +f1 +n\nham +0\.98 +0\.98 +0\.98 +250\n/)
  expect(said).toMatch(/truth ↓ said → +ham +spam\nham +250 +3\n/)
  expect(labels(card)).toEqual(['Try it', 'Run again', 'Publish', 'Receipt'])
})

test('what ended before its time can be resumed where a checkpoint is, and what goes on says from where', () => {
  const stopped = runLike({ state: 'stopped', ...ENDED_AT })
  expect(labels(resultCard({ run: stopped, view: RUNNING }))).toContain('Resume')
  expect(labels(resultCard({ run: runLike({ state: 'completed' }), view: RUNNING }))).not.toContain('Resume')
  expect(labels(cancelledCard({ run: runLike({ state: 'cancelled' }), view: RUNNING }))).toEqual([
    'Resume',
    'Run again',
  ])
  expect(labels(cancelledCard({ run: runLike({ state: 'cancelled' }), view: viewOf(PLAN) }))).toEqual(['Run again'])
  // Going on would lead to the same numbers.
  const end = { type: 'failed', step: 130, code: 'loss-not-finite', message: '', remedy: null, trace: '' } as const
  const spoiled = { ...RUNNING, end: { ...end, seq: 99, at: '2026-03-01T10:00:00.000Z' } }
  expect(
    labels(failureCard({ run: runLike({ state: 'failed' }), view: spoiled, answered: answered({}) })),
  ).not.toContain('Resume')
  const view = viewOf(PLAN, { type: 'resumed', step: 125, epoch: 1, folder: '/runs/41/checkpoint-125', refused: [] })
  const child = runLike({ state: 'running', parent_id: 41, resume_from: '/runs/41' })
  expect(text(statusCard({ run: child, view, ahead: 0 }))).toContain('resumed from step 125 of #41')
  expect(text(receiptCard({ run: child, view }))).toContain('resumed from step 125 of #41')
  expect(text(receiptCard({ run: runLike({ parent_id: 41 }), view: RUNNING }))).not.toContain('resumed')
})

test('the result is that of the model that was kept', () => {
  const view = viewOf(PLAN, evaluation(125, 0.98), evaluation(250, 0.91), done(250, 125))
  expect(text(resultCard({ run: runLike({ state: 'completed' }), view }))).toContain('accuracy **0.980')
})

test('a failure: the cause, its evidence, what mends it, and a button only for what can be applied', () => {
  const run = runLike({
    state: 'failed',
    ...ENDED_AT,
    ending: { is: 'failed', exitCode: 1, signal: null, cause: null, message: 'x', step: 12 },
  })
  const card = failureCard({ run, view: RUNNING, answered: answered() })
  expect(text(card)).toContain('### ✗ #42 encoder on emails failed at step 12')
  expect(text(card)).toContain('FT-OOM-TRAIN')
  expect(text(card)).toContain('exit code 1 · after 1 min 9 s')
  expect(text(card)).toContain('-# FT-OOM-TRAIN · running, step 12')
  expect(labels(card)).toEqual(['Apply and relaunch', 'Log', 'Full log', 'Resume', 'Run again', 'This is wrong'])
  expect(JSON.stringify(card)).toContain(`ft1:fix:42:FT-OOM-TRAIN.${fixId(FIX)}`)
})

test('a fix that changes what is trained has another button, and one that changes nothing has none', () => {
  const run = runLike({ state: 'failed', args: { per_device_train_batch_size: 32 } })
  const shorter: Fix = { ...FIX, applicability: 'maybe', change: { max_length: 256 }, changes_result: true }
  const explanation = { ...EXPLANATION, fixes: [FIX, shorter] }
  const card = failureCard({ run, view: RUNNING, answered: answered({ explanation }) })
  expect(labels(card)).toEqual(['Change and relaunch…', 'Log', 'Full log', 'Resume', 'Run again', 'This is wrong'])
})

test('what this server has met of a cause: how often, what worked and what did not, who disagrees', () => {
  const tried = [
    { fix: 'per_device_train_batch_size', worked: [17, 29], failed: 1 },
    { fix: 'max_length', worked: [], failed: 2 },
  ]
  const said = text(
    explanationCard({ answered: answered({ seen: { failures: 4, tried, objections: ['100000000000000003'] } }) }),
  )
  expect(said).toContain(
    'here: seen in 4 runs of this server · fix 1 worked in #17 and #29, not in 1 other · changing max\\_length did not help in 2 runs',
  )
  expect(said).toContain('⚠ <@100000000000000003> said that this answer is wrong')
  expect(text(explanationCard({ answered: answered() }))).not.toMatch(/here:|wrong/)
})

test('not knowing is said, with the first error, the own frame, and a way to teach', () => {
  const first = { message: 'QuantumError: the cat is both', exception: 'QuantumError', frame: 'lab/box.py:21 in open' }
  const card = explanationCard({ answered: answered({ explanation: null, first }) })
  expect(text(card)).toContain('### The cause is not known')
  expect(text(card)).toContain('```\nQuantumError: the cat is both\n```\nin `lab/box.py:21 in open`')
  expect(labels(card)).toEqual(['Teach me'])
})

test('an error text does nothing on a card', () => {
  const evil =
    'ValueError: ```\n# big\n``` @everyone <@100000000000000003> [click](https://evil.example) **bold** ||hidden|| \u202egnp.exe\u200b'
  const said = [
    text(
      explanationCard({
        answered: answered({ explanation: null, first: { message: evil, exception: null, frame: evil } }),
      }),
    ),
    text(
      explanationCard({
        answered: answered({ explanation: { ...EXPLANATION, title: evil, where: evil, why: evil, evidence: evil } }),
      }),
    ),
    text(mendingCard(runLike(), { run_id: 1, diff: evil, actor: '100000000000000003' })),
  ].join('\n')
  expect(said).toContain('# big')
  expect(said).not.toMatch(/[\u202a-\u202e\u200e\u200f\ufeff]/)
  const outside = said.replaceAll(/```[\s\S]*?\n```|`[^`\n]*`/g, '')
  expect(outside).not.toMatch(
    /(?<!\\)@everyone|(?<!\\)\[click|(?<!\\)\*\*bold|(?<!\\)\|\|hidden|(?<!\\)<@100000000000000003> \\?\[/,
  )
})

const python = spawnSync('python3', ['--version']).status === 0

test.skipIf(!python).each([
  ['plain', runLike()],
  ['everything changed', LONG_NAMES],
])('the script is Python: %s', (_, run) => {
  const { stderr, status } = spawnSync('python3', ['-c', 'import ast, sys; ast.parse(sys.stdin.read())'], {
    input: pythonScript(run),
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('the end of a log wins over its beginning', () => {
  const log = `${'early\n'.repeat(2000)}the last line\n`
  expect(text(logCard({ run: runLike(), log }))).toContain('the last line')
})

test('a failure says each sentence once, whether the engine, the evidence, the title or the reason said it', () => {
  const message = 'The GPU stopped working for this run: cuGraphLaunch failed with 700.'
  const failed = (said: string, over: Partial<Explanation>) =>
    text(
      failureCard({
        run: runLike({ state: 'failed' }),
        view: viewOf(PLAN, { type: 'failed', step: 7, code: 'gpu-failed', message: said, remedy: null, trace: '' }),
        answered: answered({ explanation: { ...EXPLANATION, ...over } }),
      }),
    )
  const times = (card: string, part: string) => card.split(part).length - 1
  const same = failed(message, { evidence: `UserError: ${message}`, why: message })
  expect(times(same, 'cuGraphLaunch')).toBe(1)
  const reading = 'EIO: i/o error, read'
  expect(times(failed(`Reading failed: ${reading}.`, { evidence: `Error: ${reading}`, why: reading }), reading)).toBe(1)
  const marked = failed('All rows have `ham`.', { evidence: 'UserError: All rows have `ham`.', why: 'Two are needed.' })
  expect(times(marked, 'All rows have')).toBe(1)
  expect(marked).toContain('Two are needed.')
  const titled = failed('There is no memory.', { title: 'There is no memory', evidence: 'Error: bad_alloc', why: 'B.' })
  expect(times(titled, 'There is no memory')).toBe(1)
  expect(titled).toContain('```\nError: bad_alloc\n```')
})

test('a run that ended before its first step says so', () => {
  const said = (view: RunView) => text(statusCard({ run: runLike({ state: 'failed' }), view, ahead: 0 }))
  expect(said(viewOf(PLAN))).toContain('failed before the first step')
  expect(said(EMPTY_VIEW)).not.toContain('step 0')
  expect(said(RUNNING)).toContain('failed at step 150/250 (60 %)')
})

test('classes that begin alike are told apart in the confusion by numbers', () => {
  const labels = ['Reklamation: defekt', 'Reklamation: zu spät', 'x', 'y']
  const said = text(
    resultCard({ run: runLike({ state: 'completed' }), view: viewOf(PLAN, evaluation(250, 0.9, labels)) }),
  )
  expect(said).toMatch(/truth ↓ said → +1 +2 +3 +4\n1 Reklamation: .* 125 +3 +3 +3\n2 Reklamation: .* 3 +125/)
})

test('of more classes than a table of them fits, those are named that are most often mistaken', () => {
  const labels = Array.from({ length: 40 }, (_, index) => `intent ${index}`)
  const row = evaluation(250, 0.9, labels) as Evaluation
  const counts = labels.map((_, truth) =>
    labels.map((__, said) => (truth === said ? 10 : truth === 3 && said === 7 ? 6 : 0)),
  )
  const said = text(
    resultCard({ run: runLike({ state: 'completed' }), view: viewOf(PLAN, { ...row, confusion: counts }) }),
  )
  expect(said).toContain('Most often mistaken (truth → said)\n-# 6 × intent 3 → intent 7')
})

test('the receipt says from which run it was made', () => {
  expect(text(receiptCard({ run: runLike({ parent_id: 41 }), view: RUNNING }))).toContain('made from #41')
  expect(text(receiptCard({ run: runLike(), view: RUNNING }))).not.toContain('made from')
})

test('a silent host is said as that, with its last word once', () => {
  const lost = runLike({ state: 'lost' })
  const said = text(statusCard({ run: lost, view: RUNNING, ahead: 0 }))
  expect(said).toContain('the host is silent; the run may still be working.')
  expect(said.match(/<t:\d+:R>/g)).toHaveLength(1)
  const all = text(overviewCard([{ run: lost, view: RUNNING, ahead: 0 }]))
  expect(all).toContain('its host is silent · 150/250 (60 %)')
  expect(all).not.toContain('lost')
})
