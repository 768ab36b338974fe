/** Whether a model can be fine-tuned here; if not, why, and what would work instead. */
export type Suitability = { is: 'trainable' } | { is: 'unsuitable'; why: string; instead: string }

const WEIGHTS = /^model(-\d{5}-of-\d{5})?\.safetensors$/
const OTHER_WEIGHTS: readonly (readonly [file: RegExp, name: string])[] = [
  [/^pytorch_model.*\.bin$/, 'pytorch_model.bin, a pickle: a program, which is not run here'],
  [/^tf_model\.h5$/, 'tf_model.h5 (TensorFlow)'],
  [/^flax_model.*\.msgpack$/, 'flax_model.msgpack (Flax)'],
  [/\.gguf$/, 'a GGUF file (for inference)'],
  [/^adapter_model\.safetensors$/, 'adapter_model.safetensors: an adapter, no whole model'],
]

/** Judges by what kind it is and by its files. */
export function judgeModel({
  name,
  modelType,
  paths,
  trainable,
}: {
  name: string
  modelType: string | null
  paths: readonly string[]
  /** Kinds of model that the engine trains, as `model_type` of config.json. */
  trainable: readonly string[]
}): Suitability {
  const kinds = trainable.map((kind) => `\`${kind}\``).join(', ')
  if (modelType === null) {
    return {
      is: 'unsuitable',
      why: `\`${name}\` has no config.json that says what kind of model it is.`,
      instead: `Take a transformers checkpoint of one of these kinds: ${kinds}.`,
    }
  }
  if (!trainable.includes(modelType)) {
    return {
      is: 'unsuitable',
      why: `\`${name}\` is of the kind \`${modelType}\`, which is not trained here.`,
      instead: `These are: ${kinds}; for English text, \`distilbert/distilbert-base-uncased\` is a good start.`,
    }
  }
  if (!paths.some((path) => WEIGHTS.test(path))) {
    const found = OTHER_WEIGHTS.find(([file]) => paths.some((path) => file.test(path)))?.[1]
    return {
      is: 'unsuitable',
      why: `\`${name}\` has no model.safetensors${found === undefined ? '' : `; its weights are ${found}`}.`,
      instead:
        'Ask its owner for safetensors (https://huggingface.co/spaces/safetensors/convert opens the pull request), or take another checkpoint.',
    }
  }
  if (!paths.includes('tokenizer.json')) {
    return {
      is: 'unsuitable',
      why: `\`${name}\` has no tokenizer.json, the file of the fast tokenizers.`,
      instead: `Make it once: \`AutoTokenizer.from_pretrained("${name}").save_pretrained(…)\`, and put it beside the weights.`,
    }
  }
  return { is: 'trainable' }
}

/** The files that training and publishing need (the README tells the licence); a repository often has the same weights four times over. */
export function neededPaths(paths: readonly string[]): string[] {
  const single = paths.includes('model.safetensors')
  return paths.filter((path) => {
    if (NEEDED.has(path)) return true
    if (path === 'model.safetensors.index.json') return !single
    return WEIGHTS.test(path) && (single ? path === 'model.safetensors' : true)
  })
}

const NEEDED: ReadonlySet<string> = new Set([
  'README.md',
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
])
