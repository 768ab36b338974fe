import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { BUILTIN_ENCODER } from '../builtin/known.ts'
import { placeInside } from '../engine/data/place.ts'
import { type Check, failed, ok } from './check.ts'

const ModelConfig = z.looseObject({ model_type: z.string(), max_position_embeddings: z.int().optional() })

/** The model is here, is of a kind that the engine knows, and reads as many tokens as are asked for. */
export const modelCheck: Check = {
  name: 'model',
  look: async ({ run, config }) => {
    const { model, args } = run.spec
    if (model === BUILTIN_ENCODER) return ok('model is built in')

    const folder = await placeInside({ folder: config.modelsFolder, path: model, what: 'model' })
    const text = await readFile(join(folder, 'config.json'), 'utf8').catch(() => null)
    if (text === null) {
      return failed(
        `\`${model}\` has no config.json`,
        'A model folder holds config.json, model.safetensors and tokenizer.json.',
      )
    }
    const parsed = ModelConfig.safeParse(tryJson(text))
    if (!parsed.success) return failed(`The config.json of \`${model}\` does not say its \`model_type\``)
    const { model_type, max_position_embeddings } = parsed.data
    if (max_position_embeddings !== undefined && args.max_length > max_position_embeddings) {
      return failed(
        `\`max_length\` is ${args.max_length}, and \`${model}\` has ${max_position_embeddings} positions`,
        `Set \`max_length\` to ${max_position_embeddings} or less in Edit.`,
      )
    }
    const weights = await Promise.allSettled(
      ['model.safetensors', 'model.safetensors.index.json'].map((file) => stat(join(folder, file))),
    )
    if (weights.every(({ status }) => status === 'rejected')) return failed(`\`${model}\` has no model.safetensors`)
    return ok(`model found, a ${model_type}`)
  },
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
