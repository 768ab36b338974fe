import type { Arguments } from '../run/arguments.ts'
import type { Offer } from '../run/finding.ts'
import { type Keep, neededBytes, type Sizes } from './memory-need.ts'

/** How many times larger a batch must be that gradient checkpointing leaves room for, to be worth computing twice. */
const WORTH = 4

/** A change that makes a run fit, as a button and as a sentence. */
export interface Way extends Offer {
  /** What it sets and what that does, to be said after `Fits with `. */
  words: string
}

/**
 * What makes the same run fit into so many bytes: a smaller batch with accumulation, and gradient checkpointing, which
 * leaves room for a larger batch. The one that computes nothing again comes first; none where nothing of it fits.
 */
export function waysToFit({
  bytes,
  keep,
  sizes,
  args,
}: {
  bytes: number
  keep: Keep
  sizes: Sizes
  args: Arguments
}): Way[] {
  const { per_device_train_batch_size: batch, gradient_accumulation_steps: steps, gradient_checkpointing } = args
  /** The largest of the batch and its halves that fits; 0 where none does. */
  const largest = (checkpointed: boolean) => {
    for (let rows = batch; rows >= 1; rows = Math.floor(rows / 2)) {
      const shape = { ...sizes, batch: rows, accumulates: rows < batch || steps > 1, checkpointed }
      if (neededBytes(keep, shape) <= bytes) return rows
    }
    return 0
  }
  const rows = largest(gradient_checkpointing)
  const checkpointed = gradient_checkpointing ? 0 : largest(true)
  return [
    ...(rows === 0 ? [] : [way({ rows, batch, steps, again: false })]),
    ...(checkpointed === batch || checkpointed >= Math.max(1, WORTH * rows)
      ? [way({ rows: checkpointed, batch, steps, again: true })]
      : []),
  ]
}

/** `again`: with gradient checkpointing. */
function way({ rows, batch, steps, again }: { rows: number; batch: number; steps: number; again: boolean }): Way {
  const more = Math.ceil((batch * steps) / rows)
  const smaller = rows < batch
  const same = rows * more === batch * steps ? '' : ' about the same'
  const sets = [
    ...(smaller ? [`\`per_device_train_batch_size\` ${rows}`, `\`gradient_accumulation_steps\` ${more}`] : []),
    ...(again ? ['`gradient_checkpointing`'] : []),
  ]
  const effects = [
    ...(smaller ? [`the effective batch stays${same}`] : []),
    ...(again ? [`${smaller ? '' : 'the result stays the same, '}a step takes up to a third longer`] : []),
  ]
  return {
    label: `Take ${[...(smaller ? [`batch ${rows} × ${more}`] : []), ...(again ? ['gradient_checkpointing'] : [])].join(', ')}`,
    change: {
      ...(smaller ? { per_device_train_batch_size: rows, gradient_accumulation_steps: more } : {}),
      ...(again ? { gradient_checkpointing: true } : {}),
    },
    words: `${[sets.slice(0, -1).join(', '), sets.at(-1)].filter(Boolean).join(' and ')}: ${effects.join(', ')}.`,
  }
}
