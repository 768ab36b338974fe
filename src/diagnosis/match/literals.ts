/**
 * The strings of which at least one stands in every text that a pattern matches, lower case. They let one pass over a
 * log find the few lines on which a pattern is worth trying. Throws when a pattern has no such string of 3 characters.
 */
export function requiredLiterals(pattern: RegExp): string[] {
  const parser: Parser = { source: pattern.source, at: 0 }
  const best = readAlternatives(parser)
  if (best === null || Math.min(...best.map((word) => word.length)) < 3) {
    throw new Error(`Expected every alternative of ${String(pattern)} to hold a fixed text of 3 characters or more.`)
  }
  return [...new Set(best)]
}

interface Parser {
  source: string
  at: number
}
/** Any one of these must occur; null when nothing must. */
type Required = string[] | null

/** Words that stand in every training log: a pattern that needs one of them would be tried on every line. */
const EVERYDAY =
  /^(?:loss|error|data|rows?|files?|model|steps?|epochs?|train\w*|eval\w*|tokens?|dataset|not|found|not found|failed|['"]?grad_norm['"]?|learning_rate|warning|info|size|shape|batch|memory|python|version|checkpoint|cuda|device|gpu)$/

const worth = (word: string) => (EVERYDAY.test(word.trim()) ? 1 : word.length)
const shortest = (words: readonly string[]) => Math.min(...words.map(worth))

function better(a: Required, b: Required): Required {
  if (a === null || b === null) return a ?? b
  return shortest(b) > shortest(a) ? b : a
}

function readAlternatives(parser: Parser): Required {
  let all: Required = readSequence(parser)
  while (parser.source[parser.at] === '|') {
    parser.at++
    const next = readSequence(parser)
    all = all === null || next === null ? null : [...all, ...next]
  }
  return all
}

function readSequence(parser: Parser): Required {
  let best: Required = null
  let run = ''
  const flush = () => {
    if (run !== '') best = better(best, [run.toLowerCase()])
    run = ''
  }
  for (;;) {
    const char = parser.source[parser.at]
    if (char === undefined || char === '|' || char === ')') break
    const atom = readAtom(parser)
    const optional = readQuantifier(parser)
    if (atom.literal !== null && optional === 'once') {
      run += atom.literal
      continue
    }
    flush()
    if (optional === 'optional') continue
    if (atom.literal !== null) best = better(best, [atom.literal.toLowerCase()])
    else best = better(best, atom.required)
  }
  flush()
  return best
}

interface Atom {
  literal: string | null
  required: Required
}

function readAtom(parser: Parser): Atom {
  const char = parser.source[parser.at++] ?? ''
  if (char === '(') return readGroup(parser)
  if (char === '[') return readClass(parser)
  if (char === '\\') return readEscape(parser)
  if (char === '.' || char === '^' || char === '$') return { literal: null, required: null }
  return { literal: char, required: null }
}

function readGroup(parser: Parser): Atom {
  const head = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(parser.source.slice(parser.at, parser.at + 80))?.[0] ?? ''
  parser.at += head.length
  const required = readAlternatives(parser)
  parser.at++
  const only = head.includes('!') ? null : required
  return { literal: null, required: only }
}

function readClass(parser: Parser): Atom {
  while (parser.source[parser.at] !== ']') parser.at += parser.source[parser.at] === '\\' ? 2 : 1
  parser.at++
  return { literal: null, required: null }
}

function readEscape(parser: Parser): Atom {
  const char = parser.source[parser.at++] ?? ''
  return { literal: /[A-Za-z0-9]/.test(char) ? null : char, required: null }
}

function readQuantifier(parser: Parser): 'once' | 'optional' | 'repeated' {
  const found = /^(?:[?*+]|\{\d+(?:,\d*)?\})\??/.exec(parser.source.slice(parser.at, parser.at + 20))?.[0]
  if (found === undefined) return 'once'
  parser.at += found.length
  return found.startsWith('?') || found.startsWith('*') || found.startsWith('{0') ? 'optional' : 'repeated'
}
