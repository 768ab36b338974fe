import type { RunFile } from '../run/run-file.ts'
import type { Progress } from './data/dataset.ts'
import type { Example } from './data/tokenize.ts'
import type { Events } from './events.ts'
import type { Model } from './models/model.ts'
import type { Problem } from './problem.ts'
import type { Pretrained } from './pretrained.ts'
import type { Reading } from './read.ts'
import type { InitialWeights } from './weights.ts'
import { type Vocabulary, vocabularyOf } from './vocabulary.ts'

/** Everything that a run needs before its first step. */
export interface Prepared extends InitialWeights {
  pretrained: Pretrained
  /** At the checkpoint's vocabulary: what is saved and exported. */
  model: Model
  /** At the vocabulary in use: what is trained. */
  trained: Model
  vocabulary: Vocabulary
  train: Example[]
  eval: Example[]
  problem: Problem
  padding: { pad_token_id: number; pad_to_multiple_of: number | null }
}

/** Milliseconds between two progress events. */
const PROGRESS_EVERY = 500

/** Makes of what is read what is trained, and says what came of it in a `data` event. Throws UserError. */
export async function prepare({
  run,
  events,
  reading,
  foresee = () => Promise.resolve(),
}: {
  run: RunFile
  events: Events
  reading: Omit<Reading, 'close'>
  /** What can be made ready for the model while threads tokenize */
  foresee?: (model: Model) => Promise<void>
}): Promise<Prepared> {
  const { args } = run.spec
  events.emit({ type: 'phase', phase: 'preparing', detail: 'reading the model and the data' })
  const pretrained = await reading.pretrained
  const data = await reading.data
  if (pretrained.from ?? data.from) {
    events.emit({ type: 'hub', model: pretrained.from ?? null, dataset: data.from })
  }
  const { problem } = data
  const { withVocabulary, ...initial } = await reading.beginning
  if (data.inThreads) await foresee(initial.model)
  const { examples, fullLengths } = await data.tokenized
  const train = examples.slice(0, data.trainRows)
  events.emit({
    type: 'data',
    train_rows: data.trainRows,
    train_rows_available: data.trainAvailable,
    eval_rows: data.evalRows,
    eval_rows_available: data.evalAvailable,
    problem_type: problem.type,
    labels: [...problem.labels],
    label_counts: countsOf(train, problem),
    token_lengths: lengthsOf(fullLengths.subarray(0, train.length), args.max_length),
  })

  for (const note of data.notes) events.emit({ type: 'warning', ...note })

  const pad_token_id = pretrained.config.pad_token_id ?? 0
  const vocabulary = vocabularyOf({
    size: pretrained.config.vocab_size,
    examples,
    always: [pad_token_id],
  })
  return {
    pretrained,
    trained: withVocabulary(vocabulary.used.length),
    vocabulary,
    train,
    eval: examples.slice(train.length),
    problem,
    padding: { pad_token_id, pad_to_multiple_of: args.pad_to_multiple_of },
    ...initial,
  }
}

/** Tells how far something is, now and then; nothing before `opened`, since a run's first event is its executor. */
export function progressInto(events: Events, opened: Promise<unknown>): Progress {
  let last = Infinity
  opened.then(
    () => (last = performance.now()),
    () => undefined,
  )
  return (what, done, of) => {
    if (performance.now() - last < PROGRESS_EVERY) return
    last = performance.now()
    events.emit({ type: 'progress', what, done, of })
  }
}

/** Training rows of each label; with several labels a row counts for each of its own. */
function countsOf(examples: readonly Example[], { type, labels }: Problem): number[] {
  const counts = labels.map(() => 0)
  if (type === 'regression') return counts
  for (const { label } of examples) for (const each of [label].flat()) counts[each] = (counts[each] ?? 0) + 1
  return counts
}

function lengthsOf(lengths: Int32Array, max_length: number) {
  const sorted = lengths.slice().sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0
  return {
    median: at(0.5),
    p90: at(0.9),
    longest: sorted.at(-1) ?? 0,
    truncated_share: lengths.length === 0 ? 0 : lengths.filter((length) => length > max_length).length / lengths.length,
  }
}
