import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as tokenizers from '@huggingface/tokenizers'
import { UserError } from '../../user-error.ts'

/** What is used of the library, whose own types cannot be resolved from an ES module. */
interface Encoder {
  encode: (text: string, options?: { add_special_tokens: boolean }) => { ids: number[] }
}
const Tokenizer = tokenizers.Tokenizer as unknown as new (vocabulary: object, config: object) => Encoder

/** A model's tokenizer: text in, the ids of its tokens out. */
export interface TextTokenizer {
  /** Without special tokens. */
  encode: (text: string) => readonly number[]
  /** What the model wants around a text, e.g. [CLS] before and [SEP] behind it. */
  before: readonly number[]
  after: readonly number[]
}

/** Reads tokenizer.json of a model folder. Throws UserError when the folder has none, or one of an unknown kind. */
export async function loadTokenizer(folder: string): Promise<TextTokenizer> {
  const vocabulary = await readJson(join(folder, 'tokenizer.json'))
  if (vocabulary === null) {
    throw new UserError(
      `The model ${basename(folder)} has no tokenizer.json, the form that every fast tokenizer is saved in.`,
      `Make it once: \`python -c "import sys, transformers as t; t.AutoTokenizer.from_pretrained(sys.argv[1]).save_pretrained(sys.argv[1])" '${folder}'\``,
      'model-unreadable',
    )
  }
  const config = (await readJson(join(folder, 'tokenizer_config.json'))) ?? {}
  try {
    const tokenizer = new Tokenizer(vocabulary, config)
    const encode = (text: string) => tokenizer.encode(text, { add_special_tokens: false }).ids
    return { encode, ...specialsAround(tokenizer, encode) }
  } catch (error) {
    throw new UserError(
      `The tokenizer of ${basename(folder)} is of a kind that cannot be read here: ${(error as Error).message}`,
      'WordPiece, BPE and Unigram tokenizers saved as tokenizer.json work.',
      'model-unreadable',
    )
  }
}

function specialsAround(tokenizer: Encoder, encode: TextTokenizer['encode']) {
  const bare = encode('a')
  const dressed = tokenizer.encode('a').ids
  const start = dressed.findIndex((_, i) => bare.every((id, j) => dressed[i + j] === id))
  if (bare.length === 0 || start < 0) throw new Error('it does not put its special tokens around a text')
  return { before: dressed.slice(0, start), after: dressed.slice(start + bare.length) }
}

/** Null when there is no such file. */
async function readJson(path: string): Promise<object | null> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  try {
    return JSON.parse(text) as object
  } catch (error) {
    throw new UserError(
      `${basename(path)} is not JSON: ${(error as Error).message}.`,
      'Copy or download it again.',
      'model-unreadable',
    )
  }
}
