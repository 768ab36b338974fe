import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Everything that a tokenizer of the Hub may consist of. */
const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.txt',
  'vocab.json',
  'merges.txt',
  'sentencepiece.bpe.model',
  'spiece.model',
] as const

/** Copies the tokenizer of a model folder: those of its files that there are. */
export async function copyTokenizer({ from, to }: { from: string; to: string }): Promise<void> {
  for (const file of TOKENIZER_FILES) {
    try {
      await copyFile(join(from, file), join(to, file))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
