import * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { attention, dropout, embedding, firstToken, layerNorm, linear, linearGelu } from './layers.ts'
import { dense, maskBias, norm, positionsFromZero, readFields } from './parts.ts'
import type { Architecture, Inputs, Wanted } from './model.ts'

const Fields = z.object({
  vocab_size: z.int(),
  max_position_embeddings: z.int(),
  dim: z.int(),
  hidden_dim: z.int(),
  n_layers: z.int(),
  n_heads: z.int(),
  dropout: z.number().default(0.1),
  attention_dropout: z.number().default(0.1),
  seq_classif_dropout: z.number().default(0.2),
  activation: z.literal('gelu').default('gelu'),
})

/** Hard-coded in transformers too: this architecture has no such field. */
const EPSILON = 1e-12

/** DistilBertForSequenceClassification. */
export function distilbert({ config, labels, dropout: override }: Wanted): Architecture {
  const { dim, hidden_dim, n_layers, n_heads, vocab_size, max_position_embeddings, ...rates } = readFields(
    Fields,
    config,
  )
  const hiddenRate = override ?? rates.dropout
  const attentionRate = override ?? rates.attention_dropout
  const headRate = override ?? rates.seq_classif_dropout
  const layers = Array.from({ length: n_layers }, (_, i) => `distilbert.transformer.layer.${i}`)

  function forward({ weight, input_ids, attention_mask, dropout: draw, checkpoint }: Inputs): tf.Tensor {
    const lin = (x: tf.Tensor, name: string) => linear(x, weight(`${name}.weight`), weight(`${name}.bias`))
    const ln = (x: tf.Tensor, name: string) => layerNorm(x, weight(`${name}.weight`), weight(`${name}.bias`), EPSILON)
    const ids = tf.transpose(input_ids) // [token, batch]
    const positions = positionsFromZero(input_ids) // [token, 1]
    const isFirst = tf.cast(tf.equal(tf.expandDims(positions, -1), 0), 'float32') // [token, 1, 1]
    const bias = maskBias(attention_mask) // [batch, 1, 1, token]

    const words = embedding(weight('distilbert.embeddings.word_embeddings.weight'), ids)
    const places = embedding(weight('distilbert.embeddings.position_embeddings.weight'), positions)
    let x = dropout(ln(tf.add(words, places), 'distilbert.embeddings.LayerNorm'), draw, hiddenRate) // [token, batch, dim]

    for (const layer of layers) {
      x = checkpoint(x)
      // Only the first token of the last layer is read: its keys and values need all tokens, the rest one.
      const read = layer === layers.at(-1) ? firstToken(x, isFirst) : x
      const context = attention({
        q: lin(read, `${layer}.attention.q_lin`),
        k: lin(x, `${layer}.attention.k_lin`),
        v: lin(x, `${layer}.attention.v_lin`),
        bias,
        heads: n_heads,
        draw,
        rate: attentionRate,
      })
      const attended = ln(tf.add(lin(context, `${layer}.attention.out_lin`), read), `${layer}.sa_layer_norm`)
      const inner = linearGelu(attended, weight(`${layer}.ffn.lin1.weight`), weight(`${layer}.ffn.lin1.bias`)) // [token, batch, hidden_dim]
      const fed = dropout(lin(inner, `${layer}.ffn.lin2`), draw, hiddenRate)
      x = ln(tf.add(fed, attended), `${layer}.output_layer_norm`)
    }

    const pooled = tf.relu(lin(tf.squeeze(x, [0]), 'pre_classifier')) // [batch, dim]
    return lin(dropout(pooled, draw, headRate), 'classifier')
  }

  return {
    architecture: 'DistilBertForSequenceClassification',
    wordEmbeddings: 'distilbert.embeddings.word_embeddings.weight',
    maxTokens: max_position_embeddings,
    forward,
    parameters: [
      { name: 'distilbert.embeddings.word_embeddings.weight', shape: [vocab_size, dim], fresh: 'normal' },
      {
        name: 'distilbert.embeddings.position_embeddings.weight',
        shape: [max_position_embeddings, dim],
        fresh: 'normal',
      },
      ...norm('distilbert.embeddings.LayerNorm', dim),
      ...layers.flatMap((layer) => [
        ...['q_lin', 'k_lin', 'v_lin', 'out_lin'].flatMap((name) => dense(`${layer}.attention.${name}`, dim, dim)),
        ...norm(`${layer}.sa_layer_norm`, dim),
        ...dense(`${layer}.ffn.lin1`, hidden_dim, dim),
        ...dense(`${layer}.ffn.lin2`, dim, hidden_dim),
        ...norm(`${layer}.output_layer_norm`, dim),
      ]),
      ...dense('pre_classifier', dim, dim),
      ...dense('classifier', labels, dim),
    ],
  }
}
