import { setImmediate } from 'node:timers/promises'
import type { Target } from '../problem.ts'
import { CHARACTERS_A_TOKEN, type Cut, type Cutting, loadCutter } from './cut.ts'
import type { Row } from './dataset.ts'
import { charactersForThreads, startThreads, type TokenizingThreads } from './tokenize-threads.ts'

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

/**
 * Tokenizes rows with the tokenizer in `folder`, as transformers does with truncation to `max_length`; many rows in
 * worker threads. Throws UserError when the tokenizer cannot be used.
 */
export async function tokenize({
  rows,
  folder,
  max_length,
  truncation_side = 'right',
  threads = needsThreads(rows, max_length) ? startThreads({ folder, cutting: { max_length, truncation_side } }) : null,
  progress = () => undefined,
  signal = new AbortController().signal,
  meanwhile = () => Promise.resolve(),
}: {
  rows: readonly Row[]
  folder: string
  /** Threads that do it, and end with it; null to do it here. Many rows have some. */
  threads?: TokenizingThreads | null
  progress?: (done: number, of: number) => void
  signal?: AbortSignal
  /** What this thread does while others tokenize; where there are no others, it is left out */
  meanwhile?: () => Promise<void>
} & Pick<Cutting, 'max_length'> &
  Partial<Cutting>): Promise<Tokenized> {
  const cuts = threads ? await tokenizeThere(threads) : await tokenizeHere()
  progress(rows.length, rows.length)
  return {
    examples: rows.map(({ label }, i) => ({ ids: cuts[i]?.ids ?? new Int32Array(), label })),
    fullLengths: Int32Array.from(cuts, ({ length }) => length),
  }

  async function tokenizeThere(threads: TokenizingThreads): Promise<Cut[]> {
    const texts = rows.map(({ text }) => text)
    const [made] = await Promise.all([threads.cut({ texts, progress, signal }), meanwhile()])
    return made
  }

  async function tokenizeHere(): Promise<Cut[]> {
    const cut = await loadCutter({ folder, cutting: { max_length, truncation_side } })
    const made: Cut[] = []
    for (const [i, { text }] of rows.entries()) {
      if (i % ROWS_AT_ONCE === 0) {
        progress(i, rows.length)
        await setImmediate(undefined, { signal })
      }
      made.push(cut(text))
    }
    return made
  }
}

/** Whether there is so much to read that threads are worth their start; 2000 mails have 4 million characters: 1 s. */
export function needsThreads(rows: readonly Row[], max_length: number): boolean {
  const characters = rows.reduce((sum, { text }) => sum + Math.min(text.length, max_length * CHARACTERS_A_TOKEN), 0)
  return characters >= charactersForThreads()
}
