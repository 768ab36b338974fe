import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { BUILTIN_ENCODER, ENCODER_FOLDER } from '../builtin/known.ts'
import { UserError } from '../user-error.ts'
import { findInside, notThere } from './data/place.ts'
import { bringModel, type FromHub, mayBeOfHub, nowhere, type Reach, reachHub } from './hub.ts'
import { readSafetensors, type Weight } from './safetensors.ts'

/** A checkpoint's config.json. Each model reads its own fields from it; these are the ones that all have. */
export const ModelConfig = z.looseObject({
  model_type: z.string(),
  architectures: z.array(z.string()).nullish(),
  vocab_size: z.int().min(1),
  pad_token_id: z.int().nullish(),
  initializer_range: z.number().optional(),
  max_position_embeddings: z.int().min(1).optional(),
})
export type ModelConfig = z.infer<typeof ModelConfig>

/** A model to start from: where it is, what it is, and its weights by their names in the checkpoint. */
export interface Pretrained {
  folder: string
  name: string
  config: ModelConfig
  weights: Map<string, Weight>
  /** Where on the Hub it is from, when it is. */
  from?: FromHub | null
}

/** Names that LayerNorm's weights had in the first BERT checkpoints. */
const RENAMED = [
  [/LayerNorm\.gamma$/, 'LayerNorm.weight'],
  [/LayerNorm\.beta$/, 'LayerNorm.bias'],
] as const

/** Finds a model and reads it: see `findModel` and `readPretrained`. */
export async function loadPretrained({ model, ...asked }: Parameters<typeof findModel>[0]): Promise<Pretrained> {
  return readPretrained({ model, ...(await findModel({ model, ...asked })) })
}

/**
 * The folder of `builtin/encoder`, or one inside of `models_folder`, in the layout of a Hub repository; what is not there is
 * brought from the Hub into its cache. Throws UserError when it is nowhere.
 */
export async function findModel({
  model,
  models_folder,
  model_revision: revision,
  reach = reachHub(),
}: {
  model: string
  models_folder: string
  /** Of a model of the Hub */
  model_revision?: string | undefined
  reach?: Reach
}): Promise<{ folder: string; from: FromHub | null }> {
  if (model === BUILTIN_ENCODER) return { folder: ENCODER_FOLDER, from: null }
  const asked = { folder: models_folder, path: model, what: 'model' } as const
  const folder = await findInside(asked)
  if (folder !== null) return { folder, from: null }
  const here = await notThere(asked)
  if (!mayBeOfHub(model)) throw here
  return await bringModel({ name: model, revision, reach }).catch((there: unknown) => {
    throw nowhere({ name: model, here, there })
  })
}

/** Reads a model's folder. Throws UserError when it has no config.json or safetensors. */
export async function readPretrained({
  model,
  folder,
  from,
  signal,
}: {
  /** As the run names it */
  model: string
  folder: string
  from: FromHub | null
  signal?: AbortSignal
}): Promise<Pretrained> {
  const config = await readConfig(folder, model)
  const weights = new Map<string, Weight>()
  for (const [name, weight] of await readSafetensors({ path: weightsPath(folder, model), ...(signal && { signal }) })) {
    weights.set(currentName(name), weight)
  }
  return { folder, name: from?.name ?? model, config, weights, from }
}

async function readConfig(folder: string, model: string): Promise<ModelConfig> {
  const path = join(folder, 'config.json')
  if (!existsSync(path)) {
    throw new UserError(
      `\`${model}\` has no config.json, so it is not known what kind of model it is.`,
      'A model folder holds config.json, model.safetensors and tokenizer.json, as on the Hub.',
      'model-unreadable',
    )
  }
  let value: unknown
  try {
    value = JSON.parse(await readFile(path, 'utf8'))
  } catch (error) {
    throw new UserError(
      `The config.json of \`${model}\` is not JSON: ${(error as Error).message}.`,
      null,
      'model-unreadable',
    )
  }
  const config = ModelConfig.safeParse(value)
  if (config.success) return config.data
  throw new UserError(
    `The config.json of \`${model}\` cannot be used:\n${z.prettifyError(config.error)}`,
    null,
    'model-unreadable',
  )
}

function weightsPath(folder: string, model: string): string {
  for (const file of ['model.safetensors', 'model.safetensors.index.json']) {
    if (existsSync(join(folder, file))) return join(folder, file)
  }
  if (existsSync(join(folder, 'pytorch_model.bin')) || existsSync(join(folder, 'pytorch_model.bin.index.json'))) {
    throw new UserError(
      `\`${model}\` has its weights as pytorch_model.bin, a pickle: a program, which is not run here.`,
      `Convert it once: \`${conversion(folder)}\``,
      'model-unreadable',
    )
  }
  throw new UserError(
    `\`${model}\` has no model.safetensors.`,
    'A model folder holds config.json, model.safetensors and tokenizer.json, as on the Hub.',
    'model-unreadable',
  )
}

/** transformers reads the pickle (with weights_only), and writes safetensors. */
function conversion(folder: string): string {
  return `python -c "import sys, transformers as t; d = sys.argv[1]; c = t.AutoConfig.from_pretrained(d); getattr(t, c.architectures[0]).from_pretrained(d).save_pretrained(d)" '${folder}'`
}

function currentName(name: string): string {
  return RENAMED.reduce((renamed, [old, now]) => renamed.replace(old, now), name)
}
