/** Finds many strings in one pass over a text, whatever their number (Aho and Corasick, 1975). */
export interface Automaton {
  /** Calls `found` with the number of each string that ends at `end` (exclusive), ends rising. */
  scan(text: string, found: (word: number, end: number) => void): void
}

/**
 * Characters are told apart only as far as it pays: letters without case, one symbol for all digits, a line end reads
 * as a space (so that a wrapped line is found too), and other punctuation is all alike. A place that is found may
 * therefore be a near miss; what matters is that none is overlooked, and that the table fits into the cache.
 */
const SYMBOL_BITS = 5
const SYMBOLS = 1 << SYMBOL_BITS
const symbolOf = new Uint8Array(65_536)
for (const space of '\t\n\r ') symbolOf[space.charCodeAt(0)] = 1
for (const digit of '0123456789') symbolOf[digit.charCodeAt(0)] = 2
symbolOf['_'.charCodeAt(0)] = 3
symbolOf['.'.charCodeAt(0)] = 4
for (const quote of '\'"`') symbolOf[quote.charCodeAt(0)] = 5
for (let letter = 0; letter < 26; letter++) {
  symbolOf[65 + letter] = 6 + letter
  symbolOf[97 + letter] = 6 + letter
}

/** Longer words are found by their beginning. */
const MAX_WORD = 14

/** Builds the automaton; words must not be empty. */
export function buildAutomaton(words: readonly string[]): Automaton {
  const cut = words.map((word) => word.slice(0, MAX_WORD))
  const states = 1 + cut.reduce((sum, word) => sum + word.length, 0)
  const next = new Uint16Array(states << SYMBOL_BITS) // [state, symbol] → state
  const fail = new Uint16Array(states)
  const output: (readonly number[] | undefined)[] = []
  let count = 1
  if (states > 65_535) throw new Error(`Expected at most 65535 states, got ${states}: the table holds 16 bits a state.`)

  cut.forEach((word, id) => {
    let state = 0
    for (let i = 0; i < word.length; i++) {
      const edge = (state << SYMBOL_BITS) | (symbolOf[word.charCodeAt(i)] ?? 0)
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
      const edge = (state << SYMBOL_BITS) | symbol
      const target = next[edge] ?? 0
      const fallback = next[(back << SYMBOL_BITS) | symbol] ?? 0
      if (target === 0) next[edge] = fallback
      else {
        fail[target] = fallback
        queue.push(target)
      }
    }
  }

  const speaks = new Uint8Array(states)
  output.forEach((_, state) => (speaks[state] = 1))
  return {
    scan(text, found) {
      let state = 0
      for (let i = 0; i < text.length; i++) {
        state = next[(state << SYMBOL_BITS) | (symbolOf[text.charCodeAt(i)] ?? 0)] ?? 0
        if (speaks[state] === 1) for (const word of output[state] ?? []) found(word, i + 1)
      }
    },
  }
}
