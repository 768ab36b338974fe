/** Finds many strings in one pass over a text, whatever their number (Aho and Corasick, 1975). */
export interface Automaton {
  /** Calls `found` with the number of each string that ends at `end` (exclusive), ends rising. */
  scan(text: string, found: (word: number, end: number) => void): void
}

/** Letters are folded to lower case; a line end reads as a space, so that a wrapped line is found too. */
const SYMBOLS = 70
const OTHER = 0
const symbolOf = new Uint8Array(128)
for (let code = 33, next = 2; code < 127; code++) {
  const folded = code >= 65 && code <= 90
  if (!folded) symbolOf[code] = next++
}
for (let code = 65; code <= 90; code++) symbolOf[code] = symbolOf[code + 32] ?? OTHER
for (const space of [9, 10, 32]) symbolOf[space] = 1

/** Builds the automaton. Words hold printable ASCII only; a character outside it ends the search for that word. */
export function buildAutomaton(words: readonly string[]): Automaton {
  const states = 1 + words.reduce((sum, word) => sum + word.length, 0)
  const next = new Int32Array(states * SYMBOLS) // [state, symbol] → state
  const fail = new Int32Array(states)
  const output: (number[] | undefined)[] = []
  let count = 1

  words.forEach((word, id) => {
    let state = 0
    for (let i = 0; i < word.length; i++) {
      const edge = state * SYMBOLS + symbolAt(word, i)
      if (next[edge] === 0) next[edge] = count++
      state = next[edge] ?? 0
    }
    output[state] = [...(output[state] ?? []), id]
  })

  const queue: number[] = []
  for (let symbol = 0; symbol < SYMBOLS; symbol++) if (next[symbol]) queue.push(next[symbol] ?? 0)
  for (let head = 0; head < queue.length; head++) {
    const state = queue[head] ?? 0
    const back = fail[state] ?? 0
    const inherited = output[back]
    if (inherited) output[state] = [...(output[state] ?? []), ...inherited]
    for (let symbol = 0; symbol < SYMBOLS; symbol++) {
      const edge = state * SYMBOLS + symbol
      const target = next[edge] ?? 0
      const fallback = next[back * SYMBOLS + symbol] ?? 0
      if (target === 0) next[edge] = fallback
      else {
        fail[target] = fallback
        queue.push(target)
      }
    }
  }

  return {
    scan(text, found) {
      let state = 0
      for (let i = 0; i < text.length; i++) {
        state = next[state * SYMBOLS + symbolAt(text, i)] ?? 0
        const words = output[state]
        if (words) for (const word of words) found(word, i + 1)
      }
    },
  }
}

function symbolAt(text: string, i: number): number {
  const code = text.charCodeAt(i)
  return code < 128 ? (symbolOf[code] ?? OTHER) : OTHER
}
