import type { Arguments } from '../run/arguments.ts'
import type { Batch } from './data/batches.ts'
import type { Compiled, Executor, Feeds } from './executors/executor.ts'
import { fromStates, layoutOf, toStates } from './layout.ts'
import { type LossScale, lossScaleStates, MOST_UNKNOWN, readLossScale } from './loss-scale.ts'
import type { Model } from './models/model.ts'
import { decays, moments, possibleFeeds, updateFeeds } from './optimizer.ts'
import { accumulated, evaluateProgram, trainProgram } from './programs.ts'
import type { Weight } from './safetensors.ts'
import { compact, expand, putBack, toRows, type Vocabulary, wordsOf } from './vocabulary.ts'

/** A model in training: its weights and moments live in an executor. */
export interface Learner {
  /**
   * One update from the batches of one effective batch. `update` counts from 0, those that are left out too. Its work is
   * queued when this returns, and done, after that of earlier calls, when the promise resolves.
   */
  step: (update: {
    batches: readonly Batch[]
    update: number
    /** Of this update; or what it is after so many updates that were taken, where some may be left out */
    learning_rate: number | ((taken: number) => number)
  }) => Promise<Made>
  /** The loss of each row [size], and the logits [size, labels], without dropout. */
  evaluate: (batch: Batch) => Promise<{ losses: Float32Array; logits: Float32Array }>
  /** The weights alone, under the checkpoint's names and in its shapes. They may lie where the first ones lay. */
  weights: () => Promise<Map<string, Weight>>
  /** Everything that training changes, under the checkpoint's names and in its shapes. */
  snapshot: () => Promise<Snapshot>
  /** Goes on from other weights. */
  restore: (weights: ReadonlyMap<string, Weight>) => void
  /** Goes on from a snapshot of a learner that started from the same weights, as if there had been no other. */
  resume: (snapshot: Snapshot) => void
}

/** What an update came to. */
export interface Made {
  loss: number
  gradNorm: number
  learning_rate: number
  /** Whether it overflowed and changed nothing */
  skipped: boolean
  /** Updates that were not left out, up to this one */
  taken: number
}

export interface Snapshot {
  weights: ReadonlyMap<string, Weight>
  /** AdamW's first and second moments, by the names of the weights */
  m: ReadonlyMap<string, Weight>
  v: ReadonlyMap<string, Weight>
  /** What weight decay has made of the embedding rows that no text has: each is as it was at first, times this. */
  unused_factor: number
  /** Where fp16's loss scale stands; null in other precisions */
  loss_scale: LossScale | null
}

/**
 * Lets an executor make ready what the learner of this model will ask for, as far as that is known before the data are: the
 * vocabulary in use and the longest batch are not.
 */
export async function foreseeLearner({
  executor,
  model,
  args,
}: {
  executor: Executor
  model: Model
  args: Arguments
}): Promise<void> {
  if (!executor.foresee) return
  const tokens = args.max_length
  const batch = args.per_device_train_batch_size
  const words = Math.min(batch * tokens, layoutOf(model).table.shape[0] ?? 0)
  const scalesLoss = executor.scalesLoss ?? false
  await executor.foresee(await trainProgram({ model, args, update: true, scalesLoss }), { batch, tokens, words })
  if (args.eval_strategy === 'no') return
  await executor.foresee(await evaluateProgram({ model, args }), { batch: args.per_device_eval_batch_size, tokens })
}

/** Compiles the programs of a run and puts its weights in place. `model` is at the size of the vocabulary in use. */
export async function startLearner({
  executor,
  model,
  args,
  weights,
  vocabulary,
  largest = null,
}: {
  executor: Executor
  model: Model
  args: Arguments
  /** Whole, as in the checkpoint */
  weights: ReadonlyMap<string, Weight>
  vocabulary: Vocabulary
  /** The largest batch to come: what does not fit is refused before the first step */
  largest?: { size: number; length: number } | null
}): Promise<Learner> {
  const layout = layoutOf(model)
  const table = layout.table.name
  const accumulates = args.gradient_accumulation_steps > 1
  let start = weights
  let unusedFactor = 1
  let before: Promise<unknown> = Promise.resolve()
  /** Updates known to be left out, and those on their way. */
  let leftOut = 0
  let unknown = 0

  const inUse = (all: ReadonlyMap<string, Weight>) =>
    toStates(
      layout,
      new Map([...all].map(([name, weight]) => [name, name === table ? compact(weight, vocabulary) : weight])),
      // Training may overwrite what an executor was given, and the weights that it started from are read again.
      { shares: executor.copies ?? false },
    )
  const putZeros = (name: string, shape: readonly number[]) =>
    executor.clear ? executor.clear(name, shape) : executor.put(new Map([[name, zeros(shape)]]))
  const put = inUse(start)
  executor.put(put)
  const scalesLoss = executor.scalesLoss ?? false
  if (scalesLoss) executor.put(lossScaleStates())
  for (const { name, shape } of layout.states) {
    putZeros(moments(name).m, shape)
    putZeros(moments(name).v, shape)
    if (accumulates) putZeros(accumulated(name), shape)
  }
  const updateWith = await executor.compile(await trainProgram({ model, args, update: true, scalesLoss }))
  const collect = accumulates
    ? await executor.compile(await trainProgram({ model, args, update: false, scalesLoss }))
    : null
  if (largest) {
    const { size: batch, length: tokens } = largest
    const words = Math.min(batch * tokens, layout.table.shape[0] ?? 0)
    const sizes = { batch, tokens, words }
    const checkpointed = (update: boolean) =>
      args.gradient_checkpointing
        ? undefined
        : () => trainProgram({ model, args: { ...args, gradient_checkpointing: true }, update, scalesLoss })
    if (collect) await collect.reserve?.(sizes, checkpointed(false))
    await updateWith.reserve?.(sizes, checkpointed(true))
  }
  let evaluator: Promise<Compiled> | null = null

  const feedsOf = ({ mask, labels }: Batch, input_ids: Int32Array): Feeds => ({
    input_ids,
    attention_mask: mask,
    labels,
  })
  const sizesOf = ({ size, length }: Batch) => ({ batch: size, tokens: length })

  const queue = async ({ batches, update, learning_rate }: Parameters<Learner['step']>[0]): Promise<Made> => {
    const rateAt = typeof learning_rate === 'number' ? () => learning_rate : learning_rate
    if (scalesLoss && unknown >= MOST_UNKNOWN) throw new Error(`More than ${MOST_UNKNOWN} updates are on their way`)
    unknown++
    const words = wordsOf(batches.map(({ ids }) => toRows(ids, vocabulary)))
    if (accumulates) putZeros(accumulated(table), [words.rows.length, layout.table.shape[1] ?? 0])
    const made = batches.map((batch, i) => {
      const isLast = i === batches.length - 1
      // The mean over the batch, and over the batches: how transformers weighs them (docs/parity.md).
      const row_weights = new Float32Array(batch.size).fill(1 / batch.size / batches.length)
      return (isLast || !collect ? updateWith : collect)({
        feeds: {
          ...feedsOf(batch, words.places[i] ?? new Int32Array()),
          words: words.rows,
          row_weights,
          ...(collect && { carry: Float32Array.of(i === 0 ? 0 : 1) }),
          ...(isLast &&
            (scalesLoss
              ? possibleFeeds({ update, leftOut, rateAt, args })
              : updateFeeds(update + 1, rateAt(update), args))),
        },
        sizes: { ...sizesOf(batch), words: words.rows.length },
        dropout: { seed: args.seed, step: update * args.gradient_accumulation_steps + i },
      })
    })
    const outputs = await Promise.all(made).finally(() => unknown--)
    const skipped = outputs.at(-1)?.taken?.[0] === 0
    const rate = rateAt(update - leftOut)
    if (skipped) leftOut++
    else if (decays(table)) unusedFactor *= 1 - rate * args.weight_decay
    return {
      loss: outputs.reduce((sum, { loss }) => sum + (loss?.[0] ?? NaN), 0),
      gradNorm: outputs.at(-1)?.grad_norm?.[0] ?? NaN,
      learning_rate: rate,
      skipped,
      taken: update + 1 - leftOut,
    }
  }

  const original = () => start.get(table) as Weight
  const read = async (stateOf: (name: string) => string, into?: ReadonlyMap<string, Weight>) => {
    const names = layout.states.map(({ name }) => name)
    const kept = await executor.read(names.map(stateOf), into)
    return fromStates(layout, new Map(names.map((name) => [name, kept.get(stateOf(name)) as Weight])))
  }
  const whole = async (stateOf: (name: string) => string, base: Weight, factor: number) => {
    const weights = await read(stateOf)
    return weights.set(table, expand(weights.get(table) as Weight, base, vocabulary, factor))
  }
  return {
    step: (update) => {
      if (!accumulates) return queue(update)
      // The sum of the table's gradients has the rows of one update: it is put anew once nothing reads it any more.
      const turn = before.then(() => queue(update))
      before = turn.catch(() => undefined)
      return turn
    },

    evaluate: async (batch) => {
      evaluator ??= evaluateProgram({ model, args }).then((program) => executor.compile(program))
      const run = await evaluator
      const made = await run({
        feeds: feedsOf(batch, toRows(batch.ids, vocabulary)),
        sizes: sizesOf(batch),
        dropout: { seed: 0, step: 0 },
      })
      return { losses: made.losses ?? new Float32Array(), logits: made.logits ?? new Float32Array() }
    },

    weights: async () => {
      // Into arrays that are there already, which nobody reads any more: new memory takes ten times as long to be written.
      const weights = await read((name) => name, put)
      const rows = weights.get(table) as Weight
      const isInPlace = executor.copies && unusedFactor === 1
      return weights.set(
        table,
        isInPlace ? putBack(rows, original(), vocabulary) : expand(rows, original(), vocabulary, unusedFactor),
      )
    },

    snapshot: async () => ({
      weights: await whole((name) => name, original(), unusedFactor),
      m: await whole((name) => moments(name).m, zeros(original().shape), 1),
      v: await whole((name) => moments(name).v, zeros(original().shape), 1),
      unused_factor: unusedFactor,
      loss_scale: scalesLoss ? await readLossScale(executor) : null,
    }),

    restore: (other) => {
      start = other
      unusedFactor = 1
      executor.put(inUse(other))
    },

    resume: ({ weights, m, v, unused_factor, loss_scale }) => {
      if (scalesLoss && loss_scale) {
        executor.put(lossScaleStates(loss_scale))
        leftOut = loss_scale.left_out
      }
      unusedFactor = unused_factor
      executor.put(inUse(weights))
      for (const [name, weight] of inUse(m)) executor.put(new Map([[moments(name).m, weight]]))
      for (const [name, weight] of inUse(v)) executor.put(new Map([[moments(name).v, weight]]))
    },
  }
}

function zeros(shape: readonly number[]): Weight {
  return { shape, data: new Float32Array(shape.reduce((product, length) => product * length, 1)) }
}
