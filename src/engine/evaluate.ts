import type { NewEvent } from '../run/events.ts'
import { measure } from '../run/events.ts'
import { collate } from './data/batches.ts'
import type { Example } from './data/tokenize.ts'
import { inFlight } from './in-flight.ts'
import type { Learner } from './learner.ts'
import { classificationMetrics, mostConfused, multiLabelMetrics, regressionMetrics } from './metrics.ts'
import { outputsOf, type Problem, type Target } from './problem.ts'

type Row = Omit<Extract<NewEvent, { type: 'eval' }>, 'type' | 'step' | 'epoch'>

/** A confusion matrix of more labels is left out of the event: of 1000 labels it would be 2 MB. */
const CONFUSION_LABELS = 50

/**
 * One pass over the evaluation rows, as the `eval` event holds it. Rows are read in the order of their length, so that
 * little is padded; each row's loss and label are what they are in any other order.
 */
export async function evaluate({
  learner,
  examples,
  problem,
  batchSize,
  padding,
  ahead = 1,
  afterBatch,
  now = performance.now.bind(performance),
}: {
  learner: Learner
  examples: readonly Example[]
  problem: Problem
  batchSize: number
  padding: { pad_token_id: number; pad_to_multiple_of: number | null }
  /** How many batches may be on their way at once */
  ahead?: number
  /** What it throws ends the evaluation. */
  afterBatch: (rows: number) => void
  now?: () => number
}): Promise<Row> {
  const start = now()
  const order = [...examples.keys()].sort((a, b) => (examples[b]?.ids.length ?? 0) - (examples[a]?.ids.length ?? 0))
  const predictions = new Array<Target>(examples.length)
  const outputs = outputsOf(problem)
  const batches = inFlight({ most: ahead })
  let loss = 0
  for (let at = 0; at < order.length; at += batchSize) {
    const places = order.slice(at, at + batchSize)
    const batch = collate({ examples: places.flatMap((place) => examples[place] ?? []), problem, ...padding })
    const evaluated = learner.evaluate(batch).then(({ losses, logits }) => {
      places.forEach((place, row) => {
        loss += losses[row] ?? NaN
        predictions[place] = predictionOf(logits.subarray(row * outputs, (row + 1) * outputs), problem)
      })
      afterBatch(places.length)
    })
    await batches.add(evaluated)
  }
  await batches.settled()

  const seconds = (now() - start) / 1000
  const truths = examples.map(({ label }) => label)
  return {
    eval_loss: measure(loss / examples.length),
    ...measures({ predictions, truths, problem }),
    eval_runtime: rounded(seconds, 4),
    eval_samples_per_second: rounded(examples.length / seconds, 3),
    eval_steps_per_second: rounded(Math.ceil(examples.length / batchSize) / seconds, 3),
    rows: examples.length,
  }
}

/** What the head says of a row: the likeliest label, all labels that are likelier than not, or the number itself. */
export function predictionOf(logits: Float32Array, { type }: Problem): Target {
  switch (type) {
    case 'single_label_classification':
      return argmax(logits)
    case 'multi_label_classification':
      return [...logits.keys()].filter((label) => (logits[label] ?? 0) > 0)
    case 'regression':
      return logits[0] ?? NaN
  }
}

/** Of each kind of problem what run_classification.py measures, and a little more. */
function measures({
  predictions,
  truths,
  problem: { type, labels },
}: {
  predictions: readonly Target[]
  truths: readonly Target[]
  problem: Problem
}): Pick<
  Row,
  'eval_accuracy' | 'eval_f1' | 'eval_mse' | 'eval_mae' | 'eval_pearson' | 'per_label' | 'confusion' | 'confused'
> {
  switch (type) {
    case 'single_label_classification': {
      const made = classificationMetrics({
        predictions: predictions as readonly number[],
        truths: truths as readonly number[],
        labels,
      })
      const isSmall = labels.length <= CONFUSION_LABELS
      return {
        eval_accuracy: made.accuracy,
        eval_f1: made.f1,
        per_label: made.per_label,
        ...(isSmall ? { confusion: made.confusion } : { confused: mostConfused(made.confusion, labels) }),
      }
    }
    case 'multi_label_classification': {
      const { f1, accuracy, per_label } = multiLabelMetrics({
        predictions: predictions as readonly (readonly number[])[],
        truths: truths as readonly (readonly number[])[],
        labels,
      })
      return { eval_f1: f1, eval_accuracy: accuracy, per_label }
    }
    case 'regression': {
      // As float32, which is how the loss reads them.
      const { mse, mae, pearson } = regressionMetrics({
        predictions: Float32Array.from(predictions as readonly number[]),
        truths: Float32Array.from(truths as readonly number[]),
      })
      return { eval_mse: measure(mse), eval_mae: measure(mae), eval_pearson: measure(pearson), per_label: [] }
    }
  }
}

/** The first of the largest. */
function argmax(values: Float32Array): number {
  let best = 0
  values.forEach((value, i) => {
    if (value > (values[best] ?? 0)) best = i
  })
  return best
}

/** As Trainer's speed_metrics rounds. */
export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits))
}
