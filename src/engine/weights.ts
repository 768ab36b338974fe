import { UserError } from '../user-error.ts'
import { newHead } from './head.ts'
import type { Model } from './models/model.ts'
import type { Pretrained } from './pretrained.ts'
import type { Weight } from './safetensors.ts'

export interface InitialWeights {
  weights: Map<string, Weight>
  /** Weights of the checkpoint that this model does not use. */
  unused: string[]
  /** Weights that the checkpoint does not have: drawn anew. */
  fresh: string[]
}

const DEFAULT_STD = 0.02

/**
 * The weights that training starts from: the checkpoint's, and a new head drawn as transformers draws it.
 * Throws UserError when a weight has another shape than the config says.
 */
export function initialWeights({
  pretrained,
  model,
  seed,
}: {
  pretrained: Pretrained
  model: Model
  seed: number
}): InitialWeights {
  const weights = new Map<string, Weight>()
  const used = new Set<string>()
  const missing = []
  for (const parameter of model.parameters) {
    const name = nameIn(pretrained, parameter.name)
    const weight = pretrained.weights.get(name)
    if (!weight) {
      missing.push(parameter)
      continue
    }
    if (weight.shape.join() !== parameter.shape.join()) {
      throw new UserError(
        `The model's \`${name}\` is [${weight.shape.join(', ')}]; its config.json and this dataset's labels make it [${parameter.shape.join(', ')}].`,
        'Start from the base model, or use data with the labels that the model was trained on.',
        'model-unreadable',
      )
    }
    used.add(name)
    weights.set(parameter.name, weight)
  }

  const drawn = newHead({
    seed,
    std: pretrained.config.initializer_range ?? DEFAULT_STD,
    tensors: missing.flatMap(({ name, shape, fresh }) => (fresh === 'ones' ? [] : [{ name, shape, kind: fresh }])),
  })
  for (const { name, shape, fresh } of missing) {
    weights.set(name, drawn.get(name) ?? { shape, data: new Float32Array(size(shape)).fill(fresh === 'ones' ? 1 : 0) })
  }
  const unused = [...pretrained.weights.keys()].filter((name) => !used.has(name))
  return { weights, unused, fresh: missing.map(({ name }) => name) }
}

/** A bare encoder's checkpoint leaves out the prefix that a model with a head puts before its names. */
function nameIn({ weights }: Pretrained, name: string): string {
  if (weights.has(name)) return name
  const bare = name.slice(name.indexOf('.') + 1)
  return weights.has(bare) ? bare : name
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, length) => product * length, 1)
}
