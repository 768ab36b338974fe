import * as tf from '@tensorflow/tfjs-core'
import type { Arguments } from '../run/arguments.ts'
import { layoutOf, split, VECTORS } from './layout.ts'
import { binaryCrossEntropy, crossEntropy, dropoutPlaces, squaredError } from './models/layers.ts'
import type { Model } from './models/model.ts'
import { lossScale, withoutOverflow } from './loss-scale.ts'
import { adamw } from './optimizer.ts'
import type { Program } from './tracer/node.ts'
import { BATCH, record, type Scribe, TOKENS, WORDS } from './tracer/record.ts'

const asItIs = (x: tf.Tensor) => x
/** Of a forward pass that no backward pass follows. */
const NO_GRADIENT = { dropout: null, checkpoint: asItIs }

/** Gradients that wait for the rest of their effective batch. */
export const accumulated = (state: string) => `${state}.accumulated`

/**
 * One batch forward and backward, and with `update` also clipping and AdamW. Outputs: the loss, the logits, and with
 * `update` the norm of the gradient.
 *
 * - `words` [words] are the rows of the embedding table that this update reads; `input_ids` count among them. So the
 *   gradient of the table has as many rows as there are words, and not as the table has.
 * - `row_weights` [batch] weigh the rows: 1 / rows for the mean that Trainer takes.
 * - `carry`, with gradient accumulation, is 1 where there are gradients of earlier batches to add to, and else 0.
 */
export function trainProgram({
  model,
  args,
  update,
  scalesLoss = false,
}: {
  model: Model
  args: Arguments
  update: boolean
  /** Whether gradients are those of a multiple of the loss (loss-scale.ts); one that overflows leaves the update out */
  scalesLoss?: boolean
}): Promise<Program> {
  return record((scribe) => {
    const layout = layoutOf(model)
    const states = new Map(layout.states.map(({ name, shape }) => [name, scribe.state(name, shape)]))
    const batch = batchOf(scribe, model)
    const words = scribe.feed('words', [WORDS], 'int32')
    const rowWeights = scribe.feed('row_weights', [BATCH])

    const names = [layout.table, ...layout.matrices, ...layout.vectors].map(({ name }) => name)
    const parameters = [
      tf.gather(of(states, layout.table.name), words), // [words, width]
      ...layout.matrices.map(({ name }) => of(states, name)),
      ...split(layout, of(states, VECTORS)),
    ]
    const scale = scalesLoss ? lossScale(scribe) : null
    const weighed = scale ? tf.mul(rowWeights, scale) : rowWeights
    const { value: loss, grads } = tf.valueAndGrads((...given: tf.Tensor[]) => {
      const weights = new Map(names.map((name, i) => [name, given[i] as tf.Tensor]))
      const logits = model.forward({
        ...batch,
        weight: (name) => of(weights, name),
        dropout: dropoutPlaces(),
        checkpoint: args.gradient_checkpointing ? scribe.checkpoint : asItIs,
      })
      scribe.output('logits', logits)
      return tf.sum<tf.Scalar>(tf.mul(lossesOf({ model, logits, labels: batch.labels, args }), weighed))
    })(parameters)

    const alone = 1 + layout.matrices.length
    let gradients = new Map(
      layout.states.map(({ name }, i) => [name, i < alone ? (grads[i] as tf.Tensor) : tf.concat(grads.slice(alone))]),
    )
    if (args.gradient_accumulation_steps > 1) gradients = withEarlier({ scribe, gradients, keep: !update, scalesLoss })
    if (update) {
      const trained = layout.states.map(({ name, decay }) => ({
        name,
        decay,
        tensor: of(states, name),
        gradient: of(gradients, name),
        rows: name === layout.table.name ? words : null,
      }))
      scribe.output('grad_norm', adamw({ scribe, trained, args, scale }))
    }
    scribe.output('loss', scale ? tf.div(loss, scale) : loss)
  })
}

/** The gradients with those of the earlier batches of this update; they stay for the next one where `keep` says so. */
function withEarlier({
  scribe,
  gradients,
  keep,
  scalesLoss,
}: {
  scribe: Scribe
  gradients: ReadonlyMap<string, tf.Tensor>
  keep: boolean
  scalesLoss: boolean
}) {
  const carry = scribe.feed('carry', [])
  return new Map(
    [...gradients].map(([name, gradient]) => {
      const earlier = scribe.state(accumulated(name), gradient.shape)
      // What overflowed in an update that was left out must not live on in the next.
      const clean = scalesLoss ? withoutOverflow(earlier) : earlier
      const sum = tf.add(tf.mul(clean, carry), gradient)
      if (keep) scribe.setState(accumulated(name), sum)
      return [name, sum]
    }),
  )
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
    const layout = layoutOf(model)
    const weights = new Map(layout.states.map(({ name, shape }) => [name, scribe.state(name, shape)]))
    split(layout, of(weights, VECTORS)).forEach((vector, i) => weights.set(layout.vectors[i]?.name ?? '', vector))
    const batch = batchOf(scribe, model)
    const logits = model.forward({ ...batch, ...NO_GRADIENT, weight: (name) => of(weights, name) })
    scribe.output('losses', lossesOf({ model, logits, labels: batch.labels, args }))
    scribe.output('logits', logits)
  })
}

/** The model alone, as it is exported: ids and mask in, logits out; every parameter under its own name. */
export function inferenceProgram({ model }: { model: Model }): Promise<Program> {
  return record((scribe) => {
    const weights = new Map(model.parameters.map(({ name, shape }) => [name, scribe.state(name, shape)]))
    scribe.output('logits', model.forward({ ...tokensOf(scribe), ...NO_GRADIENT, weight: (name) => of(weights, name) }))
  })
}

function tokensOf(scribe: Scribe) {
  return {
    input_ids: scribe.feed('input_ids', [BATCH, TOKENS], 'int32'),
    attention_mask: scribe.feed('attention_mask', [BATCH, TOKENS], 'int32'),
  }
}

function batchOf(scribe: Scribe, model: Model) {
  return { ...tokensOf(scribe), labels: labelsOf(scribe, model) }
}

/** What is true of each row, in the form that the problem's loss reads. */
function labelsOf(scribe: Scribe, { problem_type, labels }: Model): tf.Tensor {
  switch (problem_type) {
    case 'single_label_classification':
      return scribe.feed('labels', [BATCH], 'int32')
    case 'multi_label_classification':
      return scribe.feed('labels', [BATCH, labels])
    case 'regression':
      return scribe.feed('labels', [BATCH])
  }
}

/** The loss of each row [batch], as ForSequenceClassificationLoss of transformers has it. */
function lossesOf({
  model: { problem_type },
  logits,
  labels,
  args,
}: {
  model: Model
  logits: tf.Tensor
  labels: tf.Tensor
  args: Pick<Arguments, 'label_smoothing_factor'>
}): tf.Tensor {
  switch (problem_type) {
    case 'single_label_classification':
      return crossEntropy(logits, labels, args.label_smoothing_factor)
    case 'multi_label_classification':
      return binaryCrossEntropy(logits, labels)
    case 'regression':
      return squaredError(logits, labels)
  }
}

function of(tensors: ReadonlyMap<string, tf.Tensor>, name: string): tf.Tensor {
  const tensor = tensors.get(name)
  if (!tensor) throw new Error(`The model reads \`${name}\`, which it does not declare`)
  return tensor
}
