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

/**
 * The first place of each cause and strength in a cleaned text. One pass finds the lines that hold a fixed part of a
 * pattern; only there are patterns tried, and never on more than MAX_LINE characters.
 */
export function findCandidates({ text, index }: { text: string; index: Index }): Candidate[] {
  const log: Log = { text, has: (literal) => text.includes(literal) }
  const best = new Map<string, Candidate>()
  const cursor = new Cursor(text)
  index.automaton.scan(text, (word, end) => {
    const window = cursor.moveTo(end - 1)
    if (window === null) return
    for (const pattern of index.patterns[word] ?? []) {
      if (window.tried.has(pattern)) continue
      window.tried.add(pattern)
      for (const strength of strengthsOf(window.line, pattern)) {
        const key = `${pattern.rank} ${strength}`
        if (best.has(key)) continue
        const found = window.match(pattern.regex)
        if (found && pattern.cause.when(found, log)) {
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
  if (line.level === 'warning' || line.level === 'info') return pattern.hint ? ['hint'] : []
  return [pattern.hint ? 'hint' : 'error']
}

interface Window {
  line: Line
  tried: Set<Pattern>
  match: (regex: RegExp) => Found | null
}

const FRAME = /^\s*File "[^"]+", line \d+/

/** Walks a text forward and hands out the line around a place. */
class Cursor {
  private readonly text: string
  private start = 0
  private end: number
  private number = 0
  private window: Window | null = null
  private windowFrom = -1
  private windowTo = -1
  private windows = 0

  constructor(text: string) {
    this.text = text
    this.end = nextEnd(text, 0)
  }

  /** Places must rise. Null inside a line that has been looked at often enough. */
  moveTo(place: number): Window | null {
    while (place > this.end) {
      this.start = this.end + 1
      this.end = nextEnd(this.text, this.start)
      this.number++
      this.window = null
      this.windows = 0
    }
    if (this.window && place >= this.windowFrom && place < this.windowTo) return this.window
    if (++this.windows > MAX_WINDOWS) return null
    this.windowFrom = Math.max(this.start, this.end - this.start > MAX_LINE ? place - MAX_LINE / 4 : this.start)
    this.windowTo = Math.min(this.end, this.windowFrom + MAX_LINE) + 1
    this.window = openWindow({
      text: this.text,
      from: this.windowFrom,
      to: Math.min(this.end, this.windowTo),
      start: this.start,
      end: this.end,
      number: this.number,
    })
    return this.window
  }
}

interface Place {
  text: string
  from: number
  to: number
  start: number
  end: number
  number: number
}

function openWindow({ text, from, to, start, end, number }: Place): Window {
  const above = (count: number) => linesAbove(text, start, count)
  const below = (count: number) => linesBelow(text, end, count)
  const previous = above(1)[0] ?? ''
  const line = readLine(text.slice(from, to), FRAME.test(stripPrefixes(previous)))
  const accept = (read: Line, at: number, regex: RegExp): Found | null => {
    const match = regex.exec(read.text)
    return match ? { line: read, at, match: match[0], groups: match.groups ?? {}, above, below } : null
  }
  const joined = (first: string, second: string) => readLine(`${first.trimEnd()} ${stripPrefixes(second).trim()}`)
  return {
    line,
    tried: new Set(),
    // A terminal or a mail may have wrapped the line: then the words stand across its end.
    match: (regex) => {
      const whole = accept(line, number, regex)
      if (whole || line.code === 'raise') return whole
      const next = below(1)[0] ?? ''
      const wrapped = next.trim() === '' ? null : accept(joined(text.slice(from, to), next), number, regex)
      if (wrapped || previous.trim() === '' || line.exception !== null) return wrapped
      const before = readLine(previous)
      return before.code === 'no' ? accept(joined(previous, text.slice(from, to)), number - 1, regex) : null
    },
  }
}

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
