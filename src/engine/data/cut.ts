import type { Arguments } from '../../run/arguments.ts'
import { UserError } from '../../user-error.ts'
import { loadTokenizer, type TextTokenizer } from './tokenizer.ts'

/** How texts become what a model reads. */
export interface Cutting {
  max_length: number
  truncation_side: Arguments['truncation_side']
}

/** A text as the model reads it. */
export interface Cut {
  /** At most max_length, special tokens included */
  ids: Int32Array
  /**
   * Tokens before cutting, special tokens included. Exact up to max_length; of a longer text only the end that is kept is
   * tokenized, and its length is estimated from that. Whether it is above max_length is always exact.
   */
  length: number
}

/** Texts of a first look have this many characters for each token that is kept: mails have 3.5, plain English 4.5. */
export const CHARACTERS_A_TOKEN = 5
/** Some tokenizers treat the space at the end of a text in their own way; the tokens there are not trusted. */
const MARGIN = 8

/**
 * Reads the tokenizer in `folder`: a text in, and out what the model reads of it, as transformers does with truncation to
 * `max_length`. Throws UserError when the tokenizer cannot be used.
 */
export async function loadCutter({
  folder,
  cutting: { max_length, truncation_side },
}: {
  folder: string
  cutting: Cutting
}): Promise<(text: string) => Cut> {
  const tokenizer = await loadTokenizer(folder)
  const { before, after } = tokenizer
  const specials = before.length + after.length
  const room = max_length - specials
  if (room < 1) {
    throw new UserError(
      `\`max_length\` ${max_length} leaves no room for text beside ${specials} special tokens.`,
      `Set \`max_length\` to ${specials + 1} or more.`,
      'max-length',
    )
  }
  const tokensOf = truncation_side === 'left' ? lastTokens : firstTokens
  return (text) => {
    const { kept, length } = tokensOf(text, tokenizer, room)
    return { ids: Int32Array.from([...before, ...kept, ...after]), length: length + specials }
  }
}

interface Kept {
  kept: readonly number[]
  /** Of the whole text, without special tokens */
  length: number
}

function firstTokens(text: string, tokenizer: TextTokenizer, room: number): Kept {
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

function lastTokens(text: string, tokenizer: TextTokenizer, room: number): Kept {
  for (let characters = room * CHARACTERS_A_TOKEN; characters < text.length; characters *= 2) {
    const start = firstSpace(text, text.length - characters)
    if (start === null) continue
    const ids = tokenizer.encode(text.slice(start))
    if (ids.length < room + MARGIN) continue
    return { kept: ids.slice(-room), length: Math.round((ids.length * text.length) / (text.length - start)) }
  }
  const ids = tokenizer.encode(text)
  return { kept: ids.slice(-room), length: ids.length }
}

/** Where the last space before `end` is; null when there is none in the second half, so that little would be gained. */
function lastSpace(text: string, end: number): number | null {
  const space = text.slice(end / 2, end).search(/\s\S*$/)
  return space < 0 ? null : Math.floor(end / 2) + space
}

/** Where the first space from `start` on is; null when there is none in the first half of what follows. */
function firstSpace(text: string, start: number): number | null {
  const space = text.slice(start, start + (text.length - start) / 2).search(/\s/)
  return space < 0 ? null : start + space
}
