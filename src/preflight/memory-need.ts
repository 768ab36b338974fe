import { z } from 'zod'
import { type Model, modelOf } from '../engine/models/model.ts'
import { ModelConfig } from '../engine/pretrained.ts'
import type { Arguments } from '../run/arguments.ts'
import type { Inspection } from './check.ts'

/** What decides how much a step holds. */
export interface Shape {
  parameters: number
  layers: number
  heads: number
  /** What a layer reads and gives */
  hidden: number
  /** Widths of a layer: hidden and feed-forward together */
  width: number
  batch: number
  tokens: number
  accumulates: boolean
  /** Whether only what the layers read stays, and one layer at a time is computed again */
  checkpointed: boolean
}

/**
 * Bytes for each parameter, and for each value of a layer (`width` a token, and `heads × tokens` of attention), as they
 * were measured. On the host: peak memory of the whole engine process with the onnx executor, eleven runs of four models
 * (built-in encoder, MiniLM-L6, DistilBERT, BERT; batches of 4 to 64, 64 to 256 tokens), least squares, within 6 % of
 * each, on 2026-11-24. On a GPU, with activations of 16 bits and attention in one kernel, or of 32 bits: the memory plans
 * of three models at four sizes, and what an H100 had less of (docs/performance.md), within 12 % of eleven shapes. There the
 * gradients come where activations were.
 */
const MEASURED = {
  host: { always: 221 * 2 ** 20, parameter: 4 * 6.9, gradient: 0, number: 4, value: 4 * 3.2, attention: 4 * 2.7 },
  gpu16: { always: 64 * 2 ** 20, parameter: 15.5, gradient: 4, number: 2, value: 2 * 3.4, attention: 0 },
  gpu32: { always: 100 * 2 ** 20, parameter: 13.5, gradient: 4, number: 4, value: 4 * 3.05, attention: 4 * 1.8 },
} as const

/** How much more a layer holds while it is computed again and its gradients are made, in parts of what it leaves. */
const AGAIN = 2

/** Where the numbers are kept, and on a GPU in how many bits those are that belong to rows. */
export type Keep = keyof typeof MEASURED

export type Sizes = Omit<Shape, 'batch' | 'accumulates' | 'checkpointed'>

/** About how many bytes a run of this shape holds at its peak. */
export function neededBytes(keep: Keep, shape: Shape): number {
  const { always, parameter, gradient, number, value, attention } = MEASURED[keep]
  const { parameters, layers, heads, hidden, width, batch, tokens, accumulates, checkpointed } = shape
  const layer = value * width + attention * heads * tokens
  const step = batch * tokens * (checkpointed ? AGAIN * layer + layers * number * hidden : layers * layer)
  // The gradients so far, and on the host a second program with a memory of its own.
  const more = accumulates ? 4 * parameters + (keep === 'host' ? step : 0) : 0
  return always + parameter * parameters + Math.max(gradient * parameters, step) + more
}

/** What the models of the engine call their sizes. */
const Widths = z.union([
  z.object({ n_layers: z.int(), n_heads: z.int(), dim: z.int(), hidden_dim: z.int() }).transform((config) => ({
    layers: config.n_layers,
    heads: config.n_heads,
    hidden: config.dim,
    width: config.dim + config.hidden_dim,
  })),
  z
    .object({
      num_hidden_layers: z.int(),
      num_attention_heads: z.int(),
      hidden_size: z.int(),
      intermediate_size: z.int(),
    })
    .transform((config) => ({
      layers: config.num_hidden_layers,
      heads: config.num_attention_heads,
      hidden: config.hidden_size,
      width: config.hidden_size + config.intermediate_size,
    })),
])

/** Short texts, as most tweets and mails are, are padded to the longest of their batch and not to `max_length`. */
const CHARACTERS_A_TOKEN = 3

/** The shape of a run but for its batch; null for a model that the engine does not know. */
export function sizesOf(
  config: unknown,
  { max_length }: Pick<Arguments, 'max_length'>,
  found: Pick<Inspection, 'labels' | 'lengths'> | null,
): Sizes | null {
  const sizes = Widths.safeParse(config)
  const model = modelFor(config, Math.max(2, found?.labels.length ?? 2))
  if (!sizes.success || !model) return null
  const parameters = model.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, n) => product * n, 1), 0)
  const longest = found?.lengths ? Math.ceil(found.lengths.longest / CHARACTERS_A_TOKEN) + 2 : max_length
  return { ...sizes.data, parameters, tokens: Math.min(max_length, longest) }
}

function modelFor(config: unknown, labels: number): Model | null {
  const parsed = ModelConfig.safeParse(config)
  if (!parsed.success) return null
  try {
    return modelOf({ config: parsed.data, labels, dropout: null })
  } catch {
    return null
  }
}
