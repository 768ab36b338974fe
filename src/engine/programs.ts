import * as tf from '@tensorflow/tfjs-core'
import type { Arguments } from '../run/arguments.ts'
import { crossEntropy, dropoutPlaces } from './models/layers.ts'
import type { Model } from './models/model.ts'
import { adamw } from './optimizer.ts'
import type { Program } from './tracer/node.ts'
import { BATCH, record, type Scribe, TOKENS } from './tracer/record.ts'

/** Gradients that wait for the rest of their effective batch. */
export const accumulated = (name: string) => `${name}.accumulated`

/**
 * One batch forward and backward, and with `update` also clipping and AdamW. Outputs: the loss, the logits, and with
 * `update` the norm of the gradient.
 * Rows are weighted by the feed `row_weights` [batch]: 1 / rows for the mean that Trainer takes.
 * With gradient accumulation the feed `carry` (0 or 1) says whether there are gradients of earlier batches to add to.
 */
export function trainProgram({
  model,
  args,
  update,
}: {
  model: Model
  args: Arguments
  update: boolean
}): Promise<Program> {
  return record((scribe) => {
    const parameters = parametersOf(model, scribe)
    const batch = batchOf(scribe)
    const rowWeights = scribe.feed('row_weights', [BATCH])
    const names = [...parameters.keys()]
    const { value: loss, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => {
      const weights = new Map(names.map((name, i) => [name, given[i] as tf.Tensor]))
      const logits = model.forward({ ...batch, weight: lookup(weights), dropout: dropoutPlaces() })
      scribe.output('logits', logits)
      return tf.sum<tf.Scalar>(tf.mul(crossEntropy(logits, batch.labels, args.label_smoothing_factor), rowWeights))
    })([...parameters.values()])
    let gradients = new Map(names.map((name, i) => [name, grads[i] as tf.Tensor]))

    if (args.gradient_accumulation_steps > 1) {
      const carry = scribe.feed('carry', [])
      gradients = new Map(
        [...gradients].map(([name, gradient]) => {
          const sum = tf.add(tf.mul(scribe.state(accumulated(name), gradient.shape), carry), gradient)
          if (!update) scribe.setState(accumulated(name), sum)
          return [name, sum]
        }),
      )
    }
    if (update) scribe.output('grad_norm', adamw({ scribe, parameters, gradients, args }))
    scribe.output('loss', loss)
  })
}

/** One batch forward, without dropout. Outputs: the loss of each row [batch], and the logits. */
export function evaluateProgram({
  model,
  args,
}: {
  model: Model
  args: Pick<Arguments, 'label_smoothing_factor'>
}): Promise<Program> {
  return record((scribe) => {
    const batch = batchOf(scribe)
    const logits = model.forward({ ...batch, weight: lookup(parametersOf(model, scribe)), dropout: null })
    scribe.output('losses', crossEntropy(logits, batch.labels, args.label_smoothing_factor))
    scribe.output('logits', logits)
  })
}

/** The model alone, as it is exported: ids and mask in, logits out. */
export function inferenceProgram({ model }: { model: Model }): Promise<Program> {
  return record((scribe) => {
    const weight = lookup(parametersOf(model, scribe))
    scribe.output('logits', model.forward({ ...tokensOf(scribe), weight, dropout: null }))
  })
}

function parametersOf({ parameters }: Model, scribe: Scribe): Map<string, tf.Tensor> {
  return new Map(parameters.map(({ name, shape }) => [name, scribe.state(name, shape)]))
}

function tokensOf(scribe: Scribe) {
  return {
    input_ids: scribe.feed('input_ids', [BATCH, TOKENS], 'int32'),
    attention_mask: scribe.feed('attention_mask', [BATCH, TOKENS], 'int32'),
  }
}

function batchOf(scribe: Scribe) {
  return { ...tokensOf(scribe), labels: scribe.feed('labels', [BATCH], 'int32') }
}

function lookup(weights: ReadonlyMap<string, tf.Tensor>) {
  return (name: string): tf.Tensor => {
    const weight = weights.get(name)
    if (!weight) throw new Error(`The model reads \`${name}\`, which it does not declare`)
    return weight
  }
}
