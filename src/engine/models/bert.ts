import * as tf from '@tensorflow/tfjs-core'
import { dropout, embedding, linear } from './layers.ts'
import { encode, encoderParameters, readEncoder } from './bert-encoder.ts'
import type { Architecture, Inputs, Wanted } from './model.ts'
import { dense, positionsFromZero } from './parts.ts'

/** BertForSequenceClassification. */
export function bert({ config, labels, dropout: override }: Wanted): Architecture {
  const encoder = readEncoder({ config, prefix: 'bert', dropout: override })

  function forward(inputs: Inputs): tf.Tensor {
    const { weight, input_ids, dropout: draw } = inputs
    const lin = (x: tf.Tensor, name: string) => linear(x, weight(`${name}.weight`), weight(`${name}.bias`))
    const positions = positionsFromZero(input_ids) // [token, 1]
    const first = encode(encoder, inputs, embedding(weight('bert.embeddings.position_embeddings.weight'), positions)) // [batch, width]
    const pooled = tf.tanh(lin(first, 'bert.pooler.dense'))
    return lin(dropout(pooled, draw, encoder.headRate), 'classifier')
  }

  return {
    architecture: 'BertForSequenceClassification',
    wordEmbeddings: 'bert.embeddings.word_embeddings.weight',
    maxTokens: encoder.max_position_embeddings,
    forward,
    parameters: [
      ...encoderParameters(encoder),
      ...dense('bert.pooler.dense', encoder.hidden_size, encoder.hidden_size),
      ...dense('classifier', labels, encoder.hidden_size),
    ],
  }
}
