import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { UserError } from '../../user-error.ts'
import type { ModelConfig } from '../pretrained.ts'
import type { Parameter } from './model.ts'

/** The least float32: what masked places get before the softmax, as in transformers. */
const LOWEST = -3.4028234663852886e38

/** A Linear: weight [out, in] and bias [out]. */
export function dense(name: string, outputs: number, inputs: number): Parameter[] {
  return [
    { name: `${name}.weight`, shape: [outputs, inputs], fresh: 'normal' },
    { name: `${name}.bias`, shape: [outputs], fresh: 'zeros' },
  ]
}

/** A LayerNorm: weight and bias [width]. */
export function norm(name: string, width: number): Parameter[] {
  return [
    { name: `${name}.weight`, shape: [width], fresh: 'ones' },
    { name: `${name}.bias`, shape: [width], fresh: 'zeros' },
  ]
}

/** What config.json says of the encoder of BERT and of those made after it. */
export const EncoderFields = z.object({
  vocab_size: z.int(),
  max_position_embeddings: z.int(),
  hidden_size: z.int(),
  intermediate_size: z.int(),
  num_hidden_layers: z.int(),
  num_attention_heads: z.int(),
  layer_norm_eps: z.number().default(1e-12),
  hidden_act: z.literal('gelu').default('gelu'),
  hidden_dropout_prob: z.number().default(0.1),
  attention_probs_dropout_prob: z.number().default(0.1),
})

/** An architecture's own fields of config.json. Throws UserError naming what is missing or different. */
export function readFields<Shape extends z.ZodType>(fields: Shape, config: ModelConfig): z.infer<Shape> {
  const parsed = fields.safeParse(config)
  if (parsed.success) return parsed.data
  throw new UserError(
    `The config.json of this ${config.model_type} cannot be used:\n${z.prettifyError(parsed.error)}`,
    null,
    'model-unreadable',
  )
}

/** attention_mask [batch, token] → what is added to the scores [batch, 1, 1, token] */
export function maskBias(attention_mask: tf.Tensor): tf.Tensor {
  const padding = tf.sub(1, tf.cast(attention_mask, 'float32'))
  return tf.mul(tf.expandDims(tf.expandDims(padding, 1), 1), LOWEST)
}

/** 0, 1, 2, … [token, 1]. Counted in the program, since only a run knows how many tokens there are. */
export function positionsFromZero(input_ids: tf.Tensor): tf.Tensor {
  const row = tf.slice(input_ids, [0, 0], [1, -1])
  const ones = tf.add(tf.mul(row, tf.scalar(0, 'int32')), tf.scalar(1, 'int32'))
  return tf.transpose(tf.sub(tf.cumsum(ones, 1), tf.scalar(1, 'int32')))
}
