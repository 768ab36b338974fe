import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { BUILTIN_ENCODER } from '../builtin/known.ts'
import { findInside, notThere } from '../engine/data/place.ts'
import { mayBeOfHub, nowhere } from '../engine/hub.ts'
import type { Model } from '../hub/model.ts'
import { type Check, failed, offer, ok, type Subject, warning } from './check.ts'
import { atCommit, downloadOf } from './from-hub.ts'

const ModelConfig = z.looseObject({ model_type: z.string(), max_position_embeddings: z.int().optional() })

/** The model is here or on the Hub, is of a kind that the engine knows, and reads as many tokens as are asked for. */
export const modelCheck: Check = {
  name: 'model',
  look: async (subject) => {
    const { model } = subject.run.spec
    if (model === BUILTIN_ENCODER) return ok('model is built in')
    const asked = { folder: subject.config.modelsFolder, path: model, what: 'model' } as const
    const folder = await findInside(asked)
    if (folder !== null) return lookHere(subject, folder)
    const here = await notThere(asked)
    if (!mayBeOfHub(model)) throw here
    const there = await subject.hub.model(model, subject.run.spec.model_revision).catch((error: unknown) => {
      throw nowhere({ name: model, here, there: error })
    })
    return lookThere(subject, there)
  },
}

async function lookHere({ run }: Subject, folder: string) {
  const { model, args } = run.spec
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
  const tooLong = positionsOf({ model, model_type, max_position_embeddings, max_length: args.max_length })
  if (tooLong) return tooLong
  const weights = await Promise.allSettled(
    ['model.safetensors', 'model.safetensors.index.json'].map((file) => stat(join(folder, file))),
  )
  if (weights.every(({ status }) => status === 'rejected')) return failed(`\`${model}\` has no model.safetensors`)
  return ok(`model found, a ${model_type}`)
}

async function lookThere({ run, hub }: Subject, model: Model) {
  const { suitability, modelType } = model
  if (suitability.is === 'unsuitable') return failed(suitability.why, suitability.instead)
  const { max_position_embeddings } = await hub.config(model)
  const { max_length } = run.spec.args
  const tooLong = positionsOf({ model: model.name, model_type: modelType, max_position_embeddings, max_length })
  if (tooLong) return tooLong
  const about = [
    `a ${modelType ?? 'model'}`,
    ...(model.parameters === null ? [] : [`${millions(model.parameters)} parameters`]),
  ]
  const named = `model \`${model.name}\` ${atCommit(model.commit)}: ${about.join(', ')}`
  if (model.from === 'cache') return warning(`${named}, from the cache: the Hub was not asked`)
  const { name, files } = model
  return ok(`${named}, ${await downloadOf({ hub, type: 'model', name, files })}`)
}

/** The first two positions of RoBERTa and MPNet stand for padding. */
function positionsOf({
  model,
  model_type,
  max_position_embeddings,
  max_length,
}: {
  model: string
  model_type: string | null
  max_position_embeddings: number | undefined
  max_length: number
}) {
  if (max_position_embeddings === undefined) return null
  const most =
    model_type === 'roberta' || model_type === 'mpnet' ? max_position_embeddings - 2 : max_position_embeddings
  if (max_length <= most) return null
  return failed(
    `\`max_length\` is ${max_length}, and \`${model}\` has ${most} positions`,
    `Set \`max_length\` to ${most} or less.`,
    [offer({ max_length: most })],
  )
}

function millions(parameters: number): string {
  return parameters < 1e6 ? String(parameters) : `${(parameters / 1e6).toFixed(parameters < 1e7 ? 1 : 0)} M`
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
