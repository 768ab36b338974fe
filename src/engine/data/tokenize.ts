import { setImmediate } from 'node:timers/promises'
import { UserError } from '../../user-error.ts'
import type { Target } from '../problem.ts'
import type { Row } from './dataset.ts'
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts'

/** A row as the model reads it: at most max_length ids, special tokens included. */
export interface Example {
  ids: Int32Array
  label: Target
}

export interface Tokenized {
  examples: Example[]
  /**
   * Tokens that each text has before cutting, special tokens included. Exact up to max_length; of a longer text only the
   * beginning is tokenized, and its length is estimated from that. Whether it is above max_length is exact for all.
   */
  fullLengths: Int32Array
}

/** Texts of a first look have this many characters for each token that is kept: mails have 3.5, plain English 4.5. */
const CHARACTERS_A_TOKEN = 5
/** Some tokenizers treat the space at the end of a text in their own way; the tokens there are not trusted. */
const MARGIN = 8
/** Rows between two breaths of the event loop: some 5 ms. */
const ROWS_AT_ONCE = 32

/** Tokenizes rows with the tokenizer in `folder`, as transformers does with truncation to `max_length`. */
export async function tokenize({
  rows,
  folder,
  max_length,
  progress = () => undefined,
  signal,
}: {
  rows: readonly Row[]
  folder: string
  max_length: number
  progress?: (done: number, of: number) => void
  signal?: AbortSignal
}): Promise<Tokenized> {
  const tokenizer = await loadTokenizer(folder)
  const room = max_length - tokenizer.before.length - tokenizer.after.length
  if (room < 1) {
    throw new UserError(
      `\`max_length\` ${max_length} leaves no room for text beside ${max_length - room} special tokens.`,
      `Set \`max_length\` to ${max_length - room + 1} or more.`,
      'max-length',
    )
  }

  const examples: Example[] = []
  const fullLengths = new Int32Array(rows.length)
  for (const [i, row] of rows.entries()) {
    if (i % ROWS_AT_ONCE === 0) {
      progress(i, rows.length)
      await setImmediate(undefined, { signal })
    }
    const { kept, length } = beginning(tokenizer, row.text, room)
    examples.push({ ids: Int32Array.from([...tokenizer.before, ...kept, ...tokenizer.after]), label: row.label })
    fullLengths[i] = length + max_length - room
  }
  progress(rows.length, rows.length)
  return { examples, fullLengths }
}

/** The first `room` tokens of a text, and how many it has. */
function beginning(tokenizer: TextTokenizer, text: string, room: number): { kept: readonly number[]; length: number } {
  for (let characters = room * CHARACTERS_A_TOKEN; characters < text.length; characters *= 2) {
    // At a space, or the word that is cut in two would give other tokens.
    const end = lastSpace(text, characters)
    if (end === null) continue
    const ids = tokenizer.encode(text.slice(0, end))
    if (ids.length < room + MARGIN) continue
    return { kept: ids.slice(0, room), length: Math.round((ids.length * text.length) / end) }
  }
  const ids = tokenizer.encode(text)
  return { kept: ids.slice(0, room), length: ids.length }
}

/** Where the last space before `end` is; null when there is none in the second half, so that little would be gained. */
function lastSpace(text: string, end: number): number | null {
  const space = text.slice(end / 2, end).search(/\s\S*$/)
  return space < 0 ? null : Math.floor(end / 2) + space
}
