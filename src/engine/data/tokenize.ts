import { setImmediate } from 'node:timers/promises'
import { UserError } from '../../user-error.ts'
import type { Row } from './dataset.ts'
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts'

/** A row as the model reads it: at most max_length ids, special tokens included. */
export interface Example {
  ids: Int32Array
  label: number
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
/** Tokens near the end of a beginning may differ from those of the whole text, where no space was found to cut at. */
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
  for (let characters = room * CHARACTERS_A_TOKEN; ; characters *= 2) {
    const start = cutAtSpace(text, characters)
    const ids = tokenizer.encode(start)
    if (start.length === text.length) return { kept: ids.slice(0, room), length: ids.length }
    if (ids.length < room + MARGIN) continue
    return { kept: ids.slice(0, room), length: Math.round((ids.length * text.length) / start.length) }
  }
}

/** The first characters of a text, without the word that would be cut in two. */
function cutAtSpace(text: string, characters: number): string {
  if (text.length <= characters) return text
  const cut = text.slice(0, characters)
  const space = cut.search(/\s\S*$/)
  return space > 0 ? cut.slice(0, space) : cut
}
