import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import type { ModelConfig } from '../pretrained.ts'
import { attention, dropout, embedding, firstToken, layerNorm, linear, linearGelu } from './layers.ts'
import type { Inputs, Parameter } from './model.ts'
import { dense, EncoderFields, maskBias, norm, positionsFromZero, readFields } from './parts.ts'

const Fields = EncoderFields.extend({
  type_vocab_size: z.int(),
  classifier_dropout: z.number().nullish(),
})

/** The sizes and rates of a BERT encoder, and the names of its layers. */
export type BertEncoder = ReturnType<typeof readEncoder>

/**
 * The encoder that BERT, RoBERTa and ELECTRA share; `prefix` begins the names of its parameters. Embeddings may be of another
 * width than the layers, as ELECTRA's are, and are then projected.
 */
export function readEncoder({
  config,
  prefix,
  embedding_size = null,
  dropout,
}: {
  config: ModelConfig
  prefix: string
  embedding_size?: number | null
  dropout: number | null
}) {
  const fields = readFields(Fields, config)
  return {
    ...fields,
    prefix,
    embeddingWidth: embedding_size ?? fields.hidden_size,
    layers: Array.from({ length: fields.num_hidden_layers }, (_, i) => `${prefix}.encoder.layer.${i}`),
    hiddenRate: dropout ?? fields.hidden_dropout_prob,
    attentionRate: dropout ?? fields.attention_probs_dropout_prob,
    headRate: dropout ?? fields.classifier_dropout ?? fields.hidden_dropout_prob,
  }
}

/** The first token's state after all layers, [batch, width]. `places`: position embeddings [token, batch or 1, embedding width] */
export function encode(encoder: BertEncoder, inputs: Inputs, places: tf.Tensor): tf.Tensor {
  const { weight, input_ids, attention_mask, dropout: draw, checkpoint } = inputs
  const { prefix, layers, hiddenRate } = encoder
  const lin = (x: tf.Tensor, name: string) => linear(x, weight(`${name}.weight`), weight(`${name}.bias`))
  const ln = (x: tf.Tensor, name: string) =>
    layerNorm(x, weight(`${name}.weight`), weight(`${name}.bias`), encoder.layer_norm_eps)
  const positions = positionsFromZero(input_ids) // [token, 1]
  const isFirst = tf.cast(tf.equal(tf.expandDims(positions, -1), 0), 'float32') // [token, 1, 1]
  const bias = maskBias(attention_mask) // [batch, 1, 1, token]

  const words = embedding(weight(`${prefix}.embeddings.word_embeddings.weight`), tf.transpose(input_ids))
  // Every token is of the first type: [1, 1, width]
  const type = embedding(weight(`${prefix}.embeddings.token_type_embeddings.weight`), tf.zeros([1, 1], 'int32'))
  let x = ln(tf.add(tf.add(words, type), places), `${prefix}.embeddings.LayerNorm`)
  x = dropout(x, draw, hiddenRate) // [token, batch, embedding width]
  if (encoder.embeddingWidth !== encoder.hidden_size) x = lin(x, `${prefix}.embeddings_project`) // [token, batch, width]

  for (const layer of layers) {
    x = checkpoint(x)
    // Only the first token of the last layer is read: its keys and values need all tokens, the rest one.
    const read = layer === layers.at(-1) ? firstToken(x, isFirst) : x
    const context = attention({
      q: lin(read, `${layer}.attention.self.query`),
      k: lin(x, `${layer}.attention.self.key`),
      v: lin(x, `${layer}.attention.self.value`),
      bias,
      heads: encoder.num_attention_heads,
      draw,
      rate: encoder.attentionRate,
    })
    const projected = dropout(lin(context, `${layer}.attention.output.dense`), draw, hiddenRate)
    const attended = ln(tf.add(projected, read), `${layer}.attention.output.LayerNorm`)
    const inner = linearGelu(
      attended,
      weight(`${layer}.intermediate.dense.weight`),
      weight(`${layer}.intermediate.dense.bias`),
    )
    const fed = dropout(lin(inner, `${layer}.output.dense`), draw, hiddenRate)
    x = ln(tf.add(fed, attended), `${layer}.output.LayerNorm`)
  }
  return tf.squeeze(x, [0])
}

export function encoderParameters({ prefix, layers, ...sizes }: BertEncoder): Parameter[] {
  const { hidden_size: width, embeddingWidth, intermediate_size } = sizes
  const table = (name: string, rows: number): Parameter => ({
    name: `${prefix}.embeddings.${name}_embeddings.weight`,
    shape: [rows, embeddingWidth],
    fresh: 'normal',
  })
  return [
    table('word', sizes.vocab_size),
    table('position', sizes.max_position_embeddings),
    table('token_type', sizes.type_vocab_size),
    ...norm(`${prefix}.embeddings.LayerNorm`, embeddingWidth),
    ...(embeddingWidth === width ? [] : dense(`${prefix}.embeddings_project`, width, embeddingWidth)),
    ...layers.flatMap((layer) => [
      ...['query', 'key', 'value'].flatMap((name) => dense(`${layer}.attention.self.${name}`, width, width)),
      ...dense(`${layer}.attention.output.dense`, width, width),
      ...norm(`${layer}.attention.output.LayerNorm`, width),
      ...dense(`${layer}.intermediate.dense`, intermediate_size, width),
      ...dense(`${layer}.output.dense`, width, intermediate_size),
      ...norm(`${layer}.output.LayerNorm`, width),
    ]),
  ]
}
