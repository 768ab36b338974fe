import type { Arguments } from '../run/arguments.ts'
import type { Batch } from './data/batches.ts'
import type { Compiled, Executor, Feeds } from './executors/executor.ts'
import type { Model } from './models/model.ts'
import { decays, moments, updateFeeds } from './optimizer.ts'
import { accumulated, evaluateProgram, trainProgram } from './programs.ts'
import type { Weight } from './safetensors.ts'
import { compact, expand, toRows, type Vocabulary } from './vocabulary.ts'

/** A model in training: its weights and moments live in an executor. */
export interface Learner {
  /** One update from the batches of one effective batch. `update` counts from 0. Waits for the executor. */
  step: (update: {
    batches: readonly Batch[]
    update: number
    learning_rate: number
  }) => Promise<{ loss: number; gradNorm: number }>
  /** The loss of each row [size], and the logits [size, labels], without dropout. */
  evaluate: (batch: Batch) => Promise<{ losses: Float32Array; logits: Float32Array }>
  /** Everything that training changes, under the checkpoint's names and in its shapes. */
  snapshot: () => Promise<{ weights: Map<string, Weight>; m: Map<string, Weight>; v: Map<string, Weight> }>
  /** Goes on from other weights. */
  restore: (weights: ReadonlyMap<string, Weight>) => void
}

/** Compiles the programs of a run and puts its weights in place. `model` is at the size of the vocabulary in use. */
export async function startLearner({
  executor,
  model,
  args,
  weights,
  vocabulary,
}: {
  executor: Executor
  model: Model
  args: Arguments
  /** Whole, as in the checkpoint */
  weights: ReadonlyMap<string, Weight>
  vocabulary: Vocabulary
}): Promise<Learner> {
  const names = model.parameters.map(({ name }) => name)
  const table = model.wordEmbeddings
  let start = weights
  /** What weight decay has made of the rows that are not in use. */
  let unusedFactor = 1

  const inUse = (all: ReadonlyMap<string, Weight>) =>
    new Map([...all].map(([name, weight]) => [name, name === table ? compact(weight, vocabulary) : copy(weight)]))
  executor.put(inUse(start))
  for (const { name, shape } of model.parameters) {
    executor.put(new Map([moments(name).m, moments(name).v].map((moment) => [moment, zeros(shape)])))
    if (args.gradient_accumulation_steps > 1) executor.put(new Map([[accumulated(name), zeros(shape)]]))
  }
  const updateWith = await executor.compile(await trainProgram({ model, args, update: true }))
  const collect =
    args.gradient_accumulation_steps > 1
      ? await executor.compile(await trainProgram({ model, args, update: false }))
      : null
  let evaluator: Compiled | null = null

  const feedsOf = ({ ids, mask, labels }: Batch): Feeds => ({
    input_ids: toRows(ids, vocabulary),
    attention_mask: mask,
    labels,
  })
  const sizesOf = ({ size, length }: Batch) => ({ batch: size, tokens: length })

  return {
    step: async ({ batches, update, learning_rate }) => {
      let loss = 0
      let gradNorm = NaN
      for (const [i, batch] of batches.entries()) {
        const isLast = i === batches.length - 1
        // The mean over the batch, and over the batches: how transformers weighs them (docs/parity.md).
        const row_weights = new Float32Array(batch.size).fill(1 / batch.size / batches.length)
        const made = await (isLast || !collect ? updateWith : collect)({
          feeds: {
            ...feedsOf(batch),
            row_weights,
            ...(collect && { carry: Float32Array.of(i === 0 ? 0 : 1) }),
            ...(isLast && updateFeeds(update + 1, learning_rate, args)),
          },
          sizes: sizesOf(batch),
          dropout: { seed: args.seed, step: update * args.gradient_accumulation_steps + i },
        })
        loss += made.loss?.[0] ?? NaN
        if (isLast) gradNorm = made.grad_norm?.[0] ?? NaN
      }
      if (decays(table)) unusedFactor *= 1 - learning_rate * args.weight_decay
      return { loss, gradNorm }
    },

    evaluate: async (batch) => {
      evaluator ??= await executor.compile(await evaluateProgram({ model, args }))
      const made = await evaluator({ feeds: feedsOf(batch), sizes: sizesOf(batch), dropout: { seed: 0, step: 0 } })
      return { losses: made.losses ?? new Float32Array(), logits: made.logits ?? new Float32Array() }
    },

    snapshot: async () => {
      const read = async (
        stateOf: (name: string) => string,
        base: ReadonlyMap<string, Weight> | null,
        factor: number,
      ) => {
        const states = await executor.read(names.map(stateOf))
        return new Map(
          names.map((name) => {
            const state = states.get(stateOf(name)) as Weight
            if (name !== table) return [name, state]
            const original = base?.get(name) ?? zeros(start.get(name)?.shape ?? [])
            return [name, expand(state, original, vocabulary, factor)]
          }),
        )
      }
      return {
        weights: await read((name) => name, start, unusedFactor),
        m: await read((name) => moments(name).m, null, 1),
        v: await read((name) => moments(name).v, null, 1),
      }
    },

    restore: (other) => {
      start = other
      unusedFactor = 1
      executor.put(inUse(other))
    },
  }
}

function zeros(shape: readonly number[]): Weight {
  return { shape, data: new Float32Array(shape.reduce((product, length) => product * length, 1)) }
}

/** Training overwrites in place; the weights it starts from stay as they were. */
function copy({ shape, data }: Weight): Weight {
  return { shape, data: data.slice() }
}
