import type { Arguments } from '../../../src/run/arguments.ts'
import { DEFAULTS } from '../../../src/run/arguments.ts'
import type { Batch } from '../../../src/engine/data/batches.ts'
import { type Learner, startLearner } from '../../../src/engine/learner.ts'
import type { Executor } from '../../../src/engine/executors/executor.ts'
import { type Model, modelOf } from '../../../src/engine/models/model.ts'
import type { ModelConfig } from '../../../src/engine/pretrained.ts'
import type { Weight } from '../../../src/engine/safetensors.ts'

/**
 * The models that are measured: their real sizes with random weights; trainer.py has the same. And two that are only
 * checked: `wide`, whose rows take a block each and whose labels are many, and `odd`, whose sizes are nobody's multiple.
 */
export const MODELS: Readonly<Record<string, ModelConfig>> = {
  distilbert: {
    model_type: 'distilbert',
    vocab_size: 30522,
    max_position_embeddings: 512,
    dim: 768,
    hidden_dim: 3072,
    n_layers: 6,
    n_heads: 12,
    pad_token_id: 0,
  },
  minilm: {
    model_type: 'bert',
    vocab_size: 30522,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    hidden_size: 384,
    intermediate_size: 1536,
    num_hidden_layers: 6,
    num_attention_heads: 12,
    pad_token_id: 0,
  },
  bert: {
    model_type: 'bert',
    vocab_size: 30522,
    max_position_embeddings: 512,
    type_vocab_size: 2,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    pad_token_id: 0,
  },
  roberta: {
    model_type: 'roberta',
    vocab_size: 50265,
    max_position_embeddings: 514,
    type_vocab_size: 1,
    hidden_size: 768,
    intermediate_size: 3072,
    num_hidden_layers: 12,
    num_attention_heads: 12,
    layer_norm_eps: 1e-5,
    pad_token_id: 1,
  },
  wide: {
    model_type: 'bert',
    vocab_size: 4000,
    max_position_embeddings: 64,
    type_vocab_size: 2,
    hidden_size: 1280,
    intermediate_size: 2560,
    num_hidden_layers: 2,
    num_attention_heads: 20,
    pad_token_id: 0,
  },
  odd: {
    model_type: 'bert',
    vocab_size: 997,
    max_position_embeddings: 64,
    type_vocab_size: 2,
    hidden_size: 99,
    intermediate_size: 150,
    num_hidden_layers: 3,
    num_attention_heads: 3,
    pad_token_id: 0,
  },
}

export interface Shape {
  model: string
  batch: number
  tokens: number
  dropout: number
  gradient_checkpointing?: boolean
  /** 2, unless said */
  labels?: number
}

export const VOCABULARY = 30522

/** A learner over random weights: the same for the same shape of model, on any machine. */
export async function startShape({
  executor,
  shape,
  args: changed = {},
}: {
  executor: Executor
  shape: Shape
  args?: Partial<Arguments>
}): Promise<{ learner: Learner; batchOf: (seed: number) => Batch }> {
  const config = MODELS[shape.model]
  if (!config) throw new Error(`There is no model ${shape.model}`)
  const { dropout, gradient_checkpointing = false, labels = 2 } = shape
  const args: Arguments = { ...DEFAULTS, dropout, gradient_checkpointing, ...changed }
  const model = modelOf({ config, labels, dropout })
  const all = Int32Array.from({ length: config.vocab_size }, (_, id) => id)
  const vocabulary = { used: all, rowOf: all }
  const learner = await startLearner({ executor, model, args, weights: weightsOf(model), vocabulary })
  return { learner, batchOf: (seed) => randomBatch(shape, config.vocab_size, seed) }
}

/** Random weights: the same for the same model, on any machine. */
export function weightsOf(model: Model): Map<string, Weight> {
  const draw = generator(42)
  const block = Float32Array.from({ length: 65_537 }, () => 0.035 * (draw() + draw() + draw() - 1.5))
  const weights = new Map<string, Weight>()
  let at = 0
  for (const { name, shape: lengths, fresh } of model.parameters) {
    const data = new Float32Array(lengths.reduce((product, length) => product * length, 1))
    if (fresh === 'ones') data.fill(1)
    // A prime stretch, begun elsewhere each time, repeats without making rows alike.
    else if (fresh === 'normal') for (let i = 0; i < data.length; i++) data[i] = block[(at + i) % block.length] ?? 0
    at += data.length
    weights.set(name, { shape: lengths, data })
  }
  return weights
}

/** Full rows, labelled by a token that they have or have not, so that there is something to learn. */
function randomBatch({ batch, tokens, labels: all = 2 }: Shape, vocabulary: number, seed: number): Batch {
  const draw = generator(seed)
  const [first, words] = vocabulary > 29_000 ? [1000, 28_000] : [200, vocabulary - 200]
  const ids = Int32Array.from({ length: batch * tokens }, () => first + Math.floor(draw() * words))
  const labels = Int32Array.from({ length: batch }, (_, row) => (row % 2) * (all - 1))
  labels.forEach((label, row) => {
    if (label > 0) for (let i = 1; i < tokens; i += 8) ids[row * tokens + i] = 2 * first
    ids[row * tokens] = 101
  })
  return { ids, mask: new Int32Array(ids.length).fill(1), labels, size: batch, length: tokens }
}

/** Uniform in [0, 1). */
function generator(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}
