import type * as tf from '@tensorflow/tfjs-core'
import { z } from 'zod'
import { encode, encoderParameters, readEncoder } from './bert-encoder.ts'
import { dropout, embedding, linear, linearGelu } from './layers.ts'
import type { Architecture, Inputs, Wanted } from './model.ts'
import { dense, positionsFromZero, readFields } from './parts.ts'

/** ElectraForSequenceClassification: BERT's encoder over embeddings of a width of their own, and a head without a pooler. */
export function electra({ config, labels, dropout: override }: Wanted): Architecture {
  const { embedding_size } = readFields(z.object({ embedding_size: z.int() }), config)
  const encoder = readEncoder({ config, prefix: 'electra', embedding_size, dropout: override })

  function forward(inputs: Inputs): tf.Tensor {
    const { weight, input_ids, dropout: draw } = inputs
    const of = (name: string) => [weight(`${name}.weight`), weight(`${name}.bias`)] as const
    const positions = positionsFromZero(input_ids) // [token, 1]
    const first = encode(encoder, inputs, embedding(weight('electra.embeddings.position_embeddings.weight'), positions)) // [batch, width]
    const hidden = linearGelu(dropout(first, draw, encoder.headRate), ...of('classifier.dense'))
    return linear(dropout(hidden, draw, encoder.headRate), ...of('classifier.out_proj'))
  }

  return {
    architecture: 'ElectraForSequenceClassification',
    wordEmbeddings: 'electra.embeddings.word_embeddings.weight',
    maxTokens: encoder.max_position_embeddings,
    forward,
    parameters: [
      ...encoderParameters(encoder),
      ...dense('classifier.dense', encoder.hidden_size, encoder.hidden_size),
      ...dense('classifier.out_proj', labels, encoder.hidden_size),
    ],
  }
}
