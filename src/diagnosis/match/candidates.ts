import type { Cause, Found, Log } from '../cause.ts'
import { type Line, MAX_LINE, readLine, stripPrefixes } from '../extract/line.ts'
import { type Automaton, buildAutomaton } from './automaton.ts'
import { requiredLiterals } from './literals.ts'

/** A cause that a line of the text speaks for. */
export interface Candidate {
  cause: Cause
  /** Place in the catalogue. */
  rank: number
  found: Found
  strength: Strength
}

/** An error line speaks louder than a warning, and that louder than the source line that threw. */
export const STRENGTHS = ['error', 'hint', 'source'] as const
export type Strength = (typeof STRENGTHS)[number]

/** A catalogue made ready for searching. */
export interface Index {
  automaton: Automaton
  /** For each word of the automaton, the patterns that need it. */
  patterns: readonly Pattern[][]
}

interface Pattern {
  cause: Cause
  rank: number
  regex: RegExp
  hint: boolean
}

export function indexCatalogue(catalogue: readonly Cause[]): Index {
  const byWord = new Map<string, Pattern[]>()
  catalogue.forEach((cause, rank) => {
    const add = (regex: RegExp, hint: boolean) => {
      for (const word of requiredLiterals(regex)) {
        const patterns = byWord.get(word) ?? []
        patterns.push({ cause, rank, regex, hint })
        byWord.set(word, patterns)
      }
    }
    for (const regex of cause.matches) add(regex, false)
    for (const regex of cause.hints) add(regex, true)
  })
  return { automaton: buildAutomaton([...byWord.keys()]), patterns: [...byWord.values()] }
}

/** Windows of one over-long line that are looked at. */
const MAX_WINDOWS = 40
/** Lines that are looked at one by one; of later ones only those that differ in more than their numbers. */
const MAX_LIKE = 2_000

/**
 * The first place of each cause and strength in a cleaned text. One pass finds the lines that hold a fixed part of a
 * pattern; only there are patterns tried, and never on more than MAX_LINE characters.
 */
export function findCandidates({ text, index }: { text: string; index: Index }): Candidate[] {
  const log: Log = { text, has: (literal) => text.includes(literal) }
  const best = new Map<string, Candidate>()
  const cursor = startCursor(text)
  index.automaton.scan(text, (word, end) => {
    const window = cursor.moveTo(end - 1)
    if (window === null) return
    for (const pattern of index.patterns[word] ?? []) {
      if (window.tried.has(pattern)) continue
      window.tried.add(pattern)
      for (const found of window.match(pattern.regex)) {
        for (const strength of strengthsOf(found.line, pattern)) {
          const key = `${pattern.rank} ${strength}`
          if (best.has(key) || !pattern.cause.when(found, log)) continue
          best.set(key, { cause: pattern.cause, rank: pattern.rank, found, strength })
        }
      }
    }
  })
  return [...best.values()]
}

function strengthsOf(line: Line, pattern: Pattern): Strength[] {
  if (line.code === 'quoted') return []
  if (line.code === 'raise') return ['source']
  if (pattern.cause.anyLevel && !pattern.hint) return ['error']
  if (line.level === 'warning' || line.level === 'info') return pattern.hint ? ['hint'] : []
  return [pattern.hint ? 'hint' : 'error']
}

interface Window {
  tried: Set<Pattern>
  /** The places of a pattern in this line: the line itself, else the line with the one before or after it. */
  match: (regex: RegExp) => Found[]
}

interface Cursor {
  /** The line around a place; places must rise. Null for a line that there is no need to look at. */
  moveTo: (place: number) => Window | null
}

function startCursor(text: string): Cursor {
  const seen = new Set<number>()
  let start = 0
  let end = nextEnd(text, 0)
  let number = 0
  let window: Window | null = null
  let from = -1
  let to = -1
  let windows = 0
  let looked = 0

  return {
    moveTo(place) {
      while (place > end) {
        start = end + 1
        end = nextEnd(text, start)
        number++
        from = to = -1
        windows = 0
      }
      if (place >= from && place < to) return window
      from = Math.max(start, end - start > MAX_LINE ? place - MAX_LINE / 4 : start)
      to = Math.min(end, from + MAX_LINE) + 1
      window = null
      if (++windows > MAX_WINDOWS) return null
      if (++looked > MAX_LIKE) {
        const likeness = hashWithoutNumbers(text, from, to)
        if (seen.has(likeness)) return null
        seen.add(likeness)
      }
      window = openWindow({ text, from, to: Math.min(end, to), start, end, number })
      return window
    },
  }
}

/** FNV-1a over everything but digits: rows of the same form are alike. */
function hashWithoutNumbers(text: string, from: number, to: number): number {
  let hash = 0x811c9dc5
  for (let i = from; i < to; i++) {
    const code = text.charCodeAt(i)
    if (code >= 48 && code <= 57) continue
    hash = Math.imul(hash ^ code, 0x01000193)
  }
  return hash
}

const FRAME = /^\s*File "[^"]+", line \d+/

interface Place {
  text: string
  from: number
  to: number
  start: number
  end: number
  number: number
}

function openWindow({ text, from, to, start, end, number }: Place): Window {
  const raw = text.slice(from, to)
  const above = (count: number) => linesAbove(text, start, count)
  const below = (count: number) => linesBelow(text, end, count)
  let line: Line | null = null
  let around: { previous: string; next: string; all: string } | null = null
  const neighbours = () => {
    const [previous = '', next = ''] = [above(1)[0], below(1)[0]]
    return (around ??= { previous, next, all: `${previous.trimEnd()} ${raw.trim()} ${stripPrefixes(next).trim()}` })
  }
  const readRaw = () => (line ??= readLine(raw, FRAME.test(stripPrefixes(neighbours().previous))))
  const accept = (read: Line, at: number, regex: RegExp): Found[] => {
    const match = regex.exec(read.text)
    return match ? [{ line: read, at, match: match[0], groups: match.groups ?? {}, pattern: regex, above, below }] : []
  }
  return {
    tried: new Set(),
    match: (regex) => {
      // What a launcher put in front never hides a match, unless the pattern begins at the start of the line.
      if (regex.test(raw) || regex.source.includes('^')) {
        const found = accept(readRaw(), number, regex)
        if (found.length > 0) return found
      }
      // A terminal or a mail may have wrapped the line: then the words stand across its end.
      if (raw.length < MIN_WRAPPED && neighbours().previous.length < MIN_WRAPPED) return []
      const { previous, next, all } = neighbours()
      if (!regex.test(all) || readRaw().code !== 'no') return []
      const after = next.trim() === '' ? [] : accept(join(raw, next), number, regex)
      if (after.length > 0 || previous.trim() === '' || readRaw().exception !== null) return after
      return readLine(previous).code === 'no' ? accept(join(previous, raw), number - 1, regex) : []
    },
  }
}

/** Shorter lines were not wrapped. */
const MIN_WRAPPED = 30
const join = (first: string, second: string) => readLine(`${first.trimEnd()} ${stripPrefixes(second).trim()}`)

function nextEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

function linesAbove(text: string, start: number, count: number): string[] {
  const lines: string[] = []
  let end = start - 1
  while (lines.length < count && end >= 0) {
    const from = end === 0 ? 0 : text.lastIndexOf('\n', end - 1) + 1
    lines.push(text.slice(Math.max(from, end - MAX_LINE), end))
    end = from - 1
  }
  return lines
}

function linesBelow(text: string, end: number, count: number): string[] {
  const lines: string[] = []
  let start = end + 1
  while (lines.length < count && start <= text.length) {
    const to = nextEnd(text, start)
    lines.push(text.slice(start, Math.min(to, start + MAX_LINE)))
    start = to + 1
  }
  return lines
}
