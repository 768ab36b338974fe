import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { attention, distanceBias, dropout, embedding, firstToken, layerNorm, linear, linearGelu } from './layers.ts'
import type { Architecture, Inputs, Wanted } from './model.ts'
import { dense, EncoderFields, maskBias, norm, positionsFromZero, readFields } from './parts.ts'

const Fields = EncoderFields.extend({
  relative_attention_num_buckets: z.literal(32).default(32),
})

/** The id of padding, which this architecture has built in. */
const PAD = 1

/** MPNetForSequenceClassification: RoBERTa with a bias for how far query and key are apart. */
export function mpnet({ config, labels, dropout: override }: Wanted): Architecture {
  const fields = readFields(Fields, config)
  const { hidden_size: width, intermediate_size, num_attention_heads: heads, layer_norm_eps } = fields
  const hiddenRate = override ?? fields.hidden_dropout_prob
  const attentionRate = override ?? fields.attention_probs_dropout_prob
  const layers = Array.from({ length: fields.num_hidden_layers }, (_, i) => `mpnet.encoder.layer.${i}`)

  function forward({ weight, input_ids, attention_mask, dropout: draw, checkpoint }: Inputs): tf.Tensor {
    const of = (name: string) => [weight(`${name}.weight`), weight(`${name}.bias`)] as const
    const lin = (x: tf.Tensor, name: string) => linear(x, ...of(name))
    const ln = (x: tf.Tensor, name: string) => layerNorm(x, ...of(name), layer_norm_eps)
    const tokens = positionsFromZero(input_ids) // [token, 1]
    const isFirst = tf.cast(tf.equal(tf.expandDims(tokens, -1), 0), 'float32') // [token, 1, 1]
    const bias = maskBias(attention_mask) // [batch, 1, 1, token]
    const buckets = bucketsOf(tf.cast(tf.sub(tf.transpose(tokens), tokens), 'float32')) // [query, key]
    const table = weight('mpnet.encoder.relative_attention_bias.weight')
    const apart = distanceBias(table, buckets) // [1, head, query, key]
    const apartFirst = distanceBias(table, tf.slice(buckets, [0, 0], [1, -1]))

    const counted = tf.mul(tf.cumsum(attention_mask, 1), attention_mask)
    const positions = tf.transpose(tf.add(counted, tf.scalar(PAD, 'int32'))) // [token, batch]
    const words = embedding(weight('mpnet.embeddings.word_embeddings.weight'), tf.transpose(input_ids))
    const places = embedding(weight('mpnet.embeddings.position_embeddings.weight'), positions)
    let x = dropout(ln(tf.add(words, places), 'mpnet.embeddings.LayerNorm'), draw, hiddenRate) // [token, batch, width]

    for (const layer of layers) {
      x = checkpoint(x)
      // Only the first token of the last layer is read: its keys and values need all tokens, the rest one.
      const isLast = layer === layers.at(-1)
      const read = isLast ? firstToken(x, isFirst) : x
      const context = attention({
        q: lin(read, `${layer}.attention.attn.q`),
        k: lin(x, `${layer}.attention.attn.k`),
        v: lin(x, `${layer}.attention.attn.v`),
        bias,
        apart: isLast ? apartFirst : apart,
        heads,
        draw,
        rate: attentionRate,
      })
      const projected = dropout(lin(context, `${layer}.attention.attn.o`), draw, hiddenRate)
      const attended = ln(tf.add(projected, read), `${layer}.attention.LayerNorm`)
      const inner = linearGelu(attended, ...of(`${layer}.intermediate.dense`))
      const fed = dropout(lin(inner, `${layer}.output.dense`), draw, hiddenRate)
      x = ln(tf.add(fed, attended), `${layer}.output.LayerNorm`)
    }

    const first = dropout(tf.squeeze(x, [0]), draw, hiddenRate) // [batch, width]
    const hidden = dropout(tf.tanh(lin(first, 'classifier.dense')), draw, hiddenRate)
    return lin(hidden, 'classifier.out_proj')
  }

  return {
    architecture: 'MPNetForSequenceClassification',
    wordEmbeddings: 'mpnet.embeddings.word_embeddings.weight',
    maxTokens: fields.max_position_embeddings - PAD - 1,
    forward,
    parameters: [
      { name: 'mpnet.embeddings.word_embeddings.weight', shape: [fields.vocab_size, width], fresh: 'normal' },
      {
        name: 'mpnet.embeddings.position_embeddings.weight',
        shape: [fields.max_position_embeddings, width],
        fresh: 'normal',
      },
      ...norm('mpnet.embeddings.LayerNorm', width),
      ...layers.flatMap((layer) => [
        ...['q', 'k', 'v', 'o'].flatMap((name) => dense(`${layer}.attention.attn.${name}`, width, width)),
        ...norm(`${layer}.attention.LayerNorm`, width),
        ...dense(`${layer}.intermediate.dense`, intermediate_size, width),
        ...dense(`${layer}.output.dense`, width, intermediate_size),
        ...norm(`${layer}.output.LayerNorm`, width),
      ]),
      {
        name: 'mpnet.encoder.relative_attention_bias.weight',
        shape: [fields.relative_attention_num_buckets, heads],
        fresh: 'normal',
      },
      ...dense('classifier.dense', width, width),
      ...dense('classifier.out_proj', labels, width),
    ],
  }
}

/**
 * The bucket of each distance of a key from its query, int32: 16 for each direction, of which 8 are distances of their own
 * and 8 grow up to 128. A hundredth is added before rounding down, so that 16, 32 and 64 are not a matter of rounding.
 */
export function bucketsOf(distances: tf.Tensor): tf.Tensor {
  const far = tf.maximum(distances, tf.neg(distances))
  const octaves = tf.log(tf.div(tf.maximum(far, 8), 8))
  const steps = tf.cast(tf.add(tf.mul(octaves, 8 / Math.log(16)), 8.01), 'int32')
  const grown = tf.minimum(tf.cast(steps, 'float32'), 15)
  const isFar = tf.cast(tf.greater(far, 7.5), 'float32')
  const isAhead = tf.cast(tf.greater(distances, 0.5), 'float32')
  const bucket = tf.add(far, tf.mul(isFar, tf.sub(grown, far)))
  return tf.cast(tf.add(bucket, tf.mul(isAhead, 16)), 'int32')
}
