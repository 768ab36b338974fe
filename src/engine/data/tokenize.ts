import { setImmediate } from 'node:timers/promises'
import { UserError } from '../../user-error.ts'
import type { Target } from '../problem.ts'
import { CHARACTERS_A_TOKEN, type Cut, cut, type Cutting, roomFor } from './cut.ts'
import type { Row } from './dataset.ts'
import { canUseThreads, tokenizeInThreads } from './tokenize-threads.ts'
import { loadTokenizer } from './tokenizer.ts'

/** A row as the model reads it: at most max_length ids, special tokens included. */
export interface Example {
  ids: Int32Array
  label: Target
}

export interface Tokenized {
  examples: Example[]
  /** Tokens that each text has before cutting, special tokens included: see `Cut.length`. */
  fullLengths: Int32Array
}

/** Rows between two breaths of the event loop: some 5 ms. */
const ROWS_AT_ONCE = 32
/** With fewer characters to read (2000 mails have 4 million: 1 s) threads are not worth their start of half a second. */
const CHARACTERS_FOR_THREADS = 10_000_000

/**
 * Tokenizes rows with the tokenizer in `folder`, as transformers does with truncation to `max_length`; many rows in
 * worker threads. Throws UserError when the tokenizer cannot be used.
 */
export async function tokenize({
  rows,
  folder,
  max_length,
  truncation_side = 'right',
  threads = needsThreads(rows, max_length),
  progress = () => undefined,
  signal = new AbortController().signal,
}: {
  rows: readonly Row[]
  folder: string
  /** Whether to do it in worker threads; many rows are */
  threads?: boolean
  progress?: (done: number, of: number) => void
  signal?: AbortSignal
} & Pick<Cutting, 'max_length'> &
  Partial<Cutting>): Promise<Tokenized> {
  const cutting = { max_length, truncation_side }
  const tokenizer = await loadTokenizer(folder)
  const room = roomFor(tokenizer, max_length)
  if (room < 1) {
    throw new UserError(
      `\`max_length\` ${max_length} leaves no room for text beside ${max_length - room} special tokens.`,
      `Set \`max_length\` to ${max_length - room + 1} or more.`,
      'max-length',
    )
  }

  const cuts = threads
    ? await tokenizeInThreads({ texts: rows.map(({ text }) => text), folder, cutting, progress, signal })
    : await tokenizeHere()
  progress(rows.length, rows.length)
  return {
    examples: rows.map(({ label }, i) => ({ ids: cuts[i]?.ids ?? new Int32Array(), label })),
    fullLengths: Int32Array.from(cuts, ({ length }) => length),
  }

  async function tokenizeHere(): Promise<Cut[]> {
    const made: Cut[] = []
    for (const [i, { text }] of rows.entries()) {
      if (i % ROWS_AT_ONCE === 0) {
        progress(i, rows.length)
        await setImmediate(undefined, { signal })
      }
      made.push(cut(text, tokenizer, cutting))
    }
    return made
  }
}

/** Whether there is so much to read that threads are worth their start. */
export function needsThreads(rows: readonly Row[], max_length: number): boolean {
  const characters = rows.reduce((sum, { text }) => sum + Math.min(text.length, max_length * CHARACTERS_A_TOKEN), 0)
  return characters >= CHARACTERS_FOR_THREADS && canUseThreads()
}
