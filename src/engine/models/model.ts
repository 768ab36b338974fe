import type * as tf from '@tensorflow/tfjs-core'
import { UserError } from '../../user-error.ts'
import type { ProblemType } from '../../run/problem-type.ts'
import type { ModelConfig } from '../pretrained.ts'
import { bert } from './bert.ts'
import { distilbert } from './distilbert.ts'
import { electra } from './electra.ts'
import { MODEL_TYPES } from './kinds.ts'
import type { Dropout } from './layers.ts'
import { mpnet } from './mpnet.ts'
import { roberta } from './roberta.ts'

/** A weight by its name in the checkpoint. `fresh` says how it begins where a checkpoint does not have it. */
export interface Parameter {
  name: string
  shape: readonly number[]
  fresh: 'normal' | 'zeros' | 'ones'
}

export interface Inputs {
  weight: (name: string) => tf.Tensor
  /** int32 [batch, tokens] */
  input_ids: tf.Tensor
  /** int32 [batch, tokens], 1 for a token and 0 for padding */
  attention_mask: tf.Tensor
  dropout: Dropout
  /** Called with what each layer reads, which it gives back. With gradient checkpointing only that outlives the layer. */
  checkpoint: (x: tf.Tensor) => tf.Tensor
}

/** An architecture at the sizes of a checkpoint, with a head for so many labels. */
export interface Architecture {
  /** transformers' class, as config.json names it */
  architecture: string
  /** In the order in which transformers declares them, which is the order in which a new head is drawn. */
  parameters: readonly Parameter[]
  /** The table that token ids pick rows from. */
  wordEmbeddings: string
  /** The longest row it can read. */
  maxTokens: number
  /** → logits [batch, labels] */
  forward: (inputs: Inputs) => tf.Tensor
}

/** An architecture that learns something: its problem decides the loss, and the form of the labels. */
export interface Model extends Architecture {
  problem_type: ProblemType
  labels: number
}

/** What an architecture needs to know besides the checkpoint. */
export interface Wanted {
  config: ModelConfig
  /** Outputs of the head: 1 in regression */
  labels: number
  /** Overrides every dropout of the config. */
  dropout: number | null
}

const ARCHITECTURES: Readonly<Record<(typeof MODEL_TYPES)[number], (wanted: Wanted) => Architecture>> = {
  distilbert,
  bert,
  roberta,
  electra,
  mpnet,
}

/** The model of a config.json. Throws UserError for an architecture that is not known here. */
export function modelOf({
  problem_type = 'single_label_classification',
  ...wanted
}: Wanted & { problem_type?: ProblemType }): Model {
  const kind = MODEL_TYPES.find((each) => each === wanted.config.model_type)
  if (kind) return { ...ARCHITECTURES[kind](wanted), problem_type, labels: wanted.labels }
  throw new UserError(
    `This engine trains ${MODEL_TYPES.join(', ')}; the model is a \`${wanted.config.model_type}\`.`,
    'Choose a model of one of those kinds.',
    'model-unsupported',
  )
}
