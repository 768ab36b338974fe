import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { writePieces } from '../whole-folder.ts'

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

/** Copies the tokenizer of a model folder: those of its files that there are. They are on disk when it resolves. */
export async function copyTokenizer({ from, to }: { from: string; to: string }): Promise<void> {
  for (const file of TOKENIZER_FILES) {
    try {
      await writePieces(join(to, file), [await readFile(join(from, file))])
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    }
  }
}
