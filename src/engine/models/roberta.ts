import * as tf from '@tensorflow/tfjs-core'
import { dropout, embedding, linear } from './layers.ts'
import { encode, encoderParameters, readEncoder } from './bert-encoder.ts'
import type { Architecture, Inputs, Wanted } from './model.ts'
import { dense } from './parts.ts'

/** RobertaForSequenceClassification: BERT without a pooler, with positions that pass over padding. */
export function roberta({ config, labels, dropout: override }: Wanted): Architecture {
  const encoder = readEncoder({ config, prefix: 'roberta', dropout: override })
  const pad = config.pad_token_id ?? 1

  function forward(inputs: Inputs): tf.Tensor {
    const { weight, attention_mask, dropout: draw } = inputs
    const lin = (x: tf.Tensor, name: string) => linear(x, weight(`${name}.weight`), weight(`${name}.bias`))
    // Counted from pad + 1, padding itself at pad: [token, batch]
    const counted = tf.mul(tf.cumsum(attention_mask, 1), attention_mask)
    const positions = tf.transpose(tf.add(counted, tf.scalar(pad, 'int32')))
    const first = encode(encoder, inputs, embedding(weight('roberta.embeddings.position_embeddings.weight'), positions))
    const hidden = tf.tanh(lin(dropout(first, draw, encoder.headRate), 'classifier.dense'))
    return lin(dropout(hidden, draw, encoder.headRate), 'classifier.out_proj')
  }

  return {
    architecture: 'RobertaForSequenceClassification',
    wordEmbeddings: 'roberta.embeddings.word_embeddings.weight',
    maxTokens: encoder.max_position_embeddings - pad - 1,
    forward,
    parameters: [
      ...encoderParameters(encoder),
      ...dense('classifier.dense', encoder.hidden_size, encoder.hidden_size),
      ...dense('classifier.out_proj', labels, encoder.hidden_size),
    ],
  }
}
