import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { UserError } from '../user-error.ts'

/** What a model's config says of its positions. */
interface Positions {
  model_type?: string
  max_position_embeddings?: number
  pad_token_id?: number | null
}

export interface Classifier {
  /** For each text every label with its probability, the most likely first. */
  classify: (texts: readonly string[]) => Promise<{ label: string; score: number }[][]>
  close: () => Promise<void>
}

/**
 * Loads a trained model folder into Transformers.js' text-classification pipeline, from its files alone: no network.
 * Texts longer than the model can read are cut. Throws UserError when the folder holds no exported model.
 */
export async function loadClassifier({ folder }: { folder: string }): Promise<Classifier> {
  try {
    await access(join(folder, 'onnx', 'model.onnx'))
  } catch {
    throw new UserError(
      `${folder} holds no trained model (onnx/model.onnx is not there).`,
      'A run writes it when it completes, or when it is stopped and saved.',
    )
  }
  // Heavy: only a process that asks a model loads it.
  const { env, pipeline } = await import('@huggingface/transformers')
  env.allowRemoteModels = false
  const classifier = await pipeline('text-classification', resolve(folder), { local_files_only: true, dtype: 'fp32' })
  const tokenizer = classifier.tokenizer as { readonly model_max_length: number }
  const longest = Math.min(tokenizer.model_max_length, positionsOf(classifier.model.config as unknown as Positions))
  Object.defineProperty(tokenizer, 'model_max_length', { value: longest })

  return {
    classify: async (texts) => {
      if (texts.length === 0) return []
      const answers = await classifier([...texts], { top_k: null as unknown as number })
      return answers as unknown as { label: string; score: number }[][]
    },
    close: async () => {
      await classifier.dispose()
    },
  }
}

/** RoBERTa and MPNet count positions from behind the padding token's. */
function positionsOf({ model_type = '', max_position_embeddings = Infinity, pad_token_id }: Positions): number {
  const before = /roberta|mpnet|camembert/.test(model_type) ? (pad_token_id ?? 1) + 1 : 0
  return max_position_embeddings - before
}
