import { access } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { ProblemType } from '../run/problem-type.ts'
import { UserError } from '../user-error.ts'

/** What a model's config says of its positions. */
interface Positions {
  model_type?: string
  max_position_embeddings?: number
  pad_token_id?: number | null
}

export interface Classifier {
  problem_type: ProblemType
  /**
   * For each text every label with its probability, the most likely first; with several labels a text each probability
   * stands for itself. A regression has one entry, whose score is the value.
   */
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

  const { problem_type } = classifier.model.config as unknown as { problem_type?: string }
  const learned = ProblemType.safeParse(problem_type).data ?? 'single_label_classification'

  /** The pipeline makes probabilities of everything, so the model is asked itself. */
  const values = async (texts: readonly string[]) => {
    const inputs = classifier.tokenizer([...texts], { padding: true, truncation: true }) as object
    const { logits } = (await classifier.model(inputs)) as { logits: { data: Float32Array } }
    return Array.from(logits.data, (score) => [{ label: 'LABEL_0', score }])
  }

  return {
    problem_type: learned,
    classify: async (texts) => {
      if (texts.length === 0) return []
      if (learned === 'regression') return values(texts)
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
