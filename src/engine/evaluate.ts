import type { NewEvent } from '../run/events.ts'
import { measure } from '../run/events.ts'
import { collate } from './data/batches.ts'
import type { Example } from './data/tokenize.ts'
import type { Learner } from './learner.ts'
import { classificationMetrics } from './metrics.ts'

/**
 * One pass over the evaluation rows, as the `eval` event holds it. Rows are read in the order of their length, so that
 * little is padded; each row's loss and label are what they are in any other order.
 */
export async function evaluate({
  learner,
  examples,
  labels,
  batchSize,
  padding,
  afterBatch,
  now = performance.now.bind(performance),
}: {
  learner: Learner
  examples: readonly Example[]
  labels: readonly string[]
  batchSize: number
  padding: { pad_token_id: number; pad_to_multiple_of: number | null }
  afterBatch: (rows: number) => void
  now?: () => number
}): Promise<Omit<Extract<NewEvent, { type: 'eval' }>, 'type' | 'step' | 'epoch'>> {
  const start = now()
  const order = [...examples.keys()].sort((a, b) => (examples[b]?.ids.length ?? 0) - (examples[a]?.ids.length ?? 0))
  const predictions = new Int32Array(examples.length)
  let loss = 0
  for (let at = 0; at < order.length; at += batchSize) {
    const places = order.slice(at, at + batchSize)
    const batch = collate({ examples: places.flatMap((place) => examples[place] ?? []), ...padding })
    const { losses, logits } = await learner.evaluate(batch)
    places.forEach((place, row) => {
      loss += losses[row] ?? NaN
      predictions[place] = argmax(logits.subarray(row * labels.length, (row + 1) * labels.length))
    })
    afterBatch(places.length)
  }

  const seconds = (now() - start) / 1000
  const truths = examples.map(({ label }) => label)
  const { accuracy, f1, per_label, confusion } = classificationMetrics({ predictions, truths, labels })
  return {
    eval_loss: measure(loss / examples.length),
    eval_accuracy: accuracy,
    eval_f1: f1,
    eval_runtime: rounded(seconds, 4),
    eval_samples_per_second: rounded(examples.length / seconds, 3),
    eval_steps_per_second: rounded(Math.ceil(examples.length / batchSize) / seconds, 3),
    per_label,
    confusion,
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
