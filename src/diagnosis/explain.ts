import { CATALOGUE } from './catalogue/all.ts'
import { hostMemory } from './catalogue/resources.ts'
import type { Cause, Found } from './cause.ts'
import { clean } from './extract/clean.ts'
import { frameAbove } from './extract/frames.ts'
import { readLine } from './extract/line.ts'
import type { RunFacts } from './facts.ts'
import { type Fix, manual } from './fix.ts'
import { type Candidate, findCandidates, type Index, indexCatalogue } from './match/candidates.ts'
import { chooseCandidate } from './match/choose.ts'
import { redact } from './redact.ts'

/** What happened, why here, and what mends it. */
export interface Explanation {
  /** `FT-OOM-TRAIN` */
  code: string
  /** `cuda-oom` */
  cause: string
  /** At most 80 characters, without the fix. */
  title: string
  /** The phase and step of the run, or the last frame of the person's own code. */
  where: string | null
  /** The exact line, redacted, at most 300 characters. */
  evidence: string
  /** One or two sentences, with this run's numbers where they are known. */
  why: string
  /** From the least to the most disruptive. */
  fixes: Fix[]
  /** Who taught this server the cause; only of a cause that is not from the catalogue. */
  taught?: { id: number; by: string; at: string }
}

let index: Index | null = null

/**
 * The cause of an error in a text of any length, or null when the catalogue does not know it: nothing is guessed.
 * `facts` puts a run's own numbers into the text and exact changes into the fixes. Linear in the text's length.
 */
export function explain({ text, facts = {} }: { text: string; facts?: RunFacts }): Explanation | null {
  index ??= indexCatalogue(CATALOGUE)
  const cleaned = clean(text)
  const named = engineCause(facts, cleaned)
  if (named) return named

  const candidates = findCandidates({ text: cleaned, index })
  const chosen = chooseCandidate(candidates.filter((candidate) => isBelieved(candidate, cleaned)))
  return chosen ? describe({ cause: chosen.cause, found: chosen.found, facts }) : killedSilently(facts)
}

/** A process that the kernel kills for memory says nothing; only how it ended tells. */
function killedSilently(facts: RunFacts): Explanation | null {
  if (facts.signal !== 'SIGKILL' && facts.exitCode !== 137) return null
  const seen = facts.signal === 'SIGKILL' ? 'was killed by SIGKILL' : 'ended with exit code 137'
  return describe({ cause: hostMemory, found: foundIn(`The process ${seen} without a word.`), facts })
}

/** The engine names its own failures; its word needs no pattern. */
function engineCause(facts: RunFacts, text: string): Explanation | null {
  const { engineCode } = facts
  if (!engineCode) return null
  const cause = CATALOGUE.find((entry) => entry.engine.includes(engineCode))
  if (!cause) return null
  const found = foundIn(text.split('\n').find((each) => each.trim() !== '') ?? engineCode)
  const said = describe({ cause, found, facts })
  if (!facts.engineRemedy || cause.coversRemedy(facts)) return said
  return { ...said, fixes: [manual(facts.engineRemedy), ...said.fixes] }
}

/** A line that is known to be the one, without a text around it. */
function foundIn(text: string): Found {
  const line = readLine(text)
  const none = () => []
  return { line, at: 0, match: line.text, groups: {}, pattern: /$/, above: none, below: none }
}

const PROGRESS = /\d\/\d{1,9} \[|\bepoch\b.{0,40}\bloss\b|'loss': \d|\bit\/s\]/i
const CRASH = /^Traceback \(most recent call last\)|^(?:\w+\.){0,6}\w+(?:Error|Exception): \S/m

/** A warning is the cause only of a text that has nothing worse in it and no run that goes on. */
function isBelieved(candidate: Candidate, text: string): boolean {
  return (
    candidate.strength === 'error' ||
    (candidate.strength === 'source' ? true : !CRASH.test(text) && !PROGRESS.test(text))
  )
}

function describe({ cause, found, facts }: { cause: Cause; found: Found; facts: RunFacts }): Explanation {
  const safe = withoutSecrets(found)
  return {
    code: cause.code,
    cause: cause.slug,
    title: cause.title,
    where: whereOf(found, facts),
    evidence: evidenceOf(safe),
    why: cause.explains(safe, facts),
    fixes: cause.fixes(safe, facts),
  }
}

/** Texts quote what was matched, so the pattern is matched again on the redacted line: a part of a secret is one too. */
function withoutSecrets(found: Found): Found {
  const line = { ...found.line, text: redact(found.line.text), message: redact(found.line.message) }
  const again = found.pattern.exec(line.text)
  return {
    ...found,
    line,
    match: again?.[0] ?? '',
    groups: again?.groups ?? {},
    above: (count) => found.above(count).map(redact),
    below: (count) => found.below(count).map(redact),
  }
}

function whereOf(found: Found, facts: RunFacts): string | null {
  const step = facts.step === undefined || facts.step === 0 ? '' : ` at step ${facts.step}`
  const phase = facts.phase === undefined ? null : `${facts.phase}${step}`
  const above = found.above(400).reverse()
  const frame = above.length === 0 ? null : frameAbove(above, above.length)
  const parts = [phase, frame === null ? null : redact(frame)].filter((part) => part !== null)
  return parts.length === 0 ? null : parts.join(', ')
}

/** The line around what was matched; a long one is cut on both sides. */
function evidenceOf(found: Found): string {
  const line = found.line.text.trim()
  if (line.length <= 300) return line
  const at = line.indexOf(found.match.slice(0, 40))
  const from = at < 200 ? 0 : at - 60
  return `${from > 0 ? '…' : ''}${line.slice(from, from + 297)}…`
}

/** The first error of a text, for the answer that its cause is not known. Everything in it is redacted. */
export interface FirstCause {
  /** The line that names the error, at most 300 characters. */
  message: string
  /** The class of the exception, when one is named. */
  exception: string | null
  /** The last frame of the person's own code before it, else the last frame of any code: `train.py:21 in main`. */
  frame: string | null
}

const ERROR_WORD = /\b(?:error|fatal|failed|failure|denied|cannot|can't|unable|not found|killed|aborted|refused)\b/i

/**
 * The first error: of a chained traceback the one that the others came from, else the first line that names an
 * exception, else the first that sounds like an error. Null when nothing does.
 */
export function firstCause(text: string): FirstCause | null {
  const lines = clean(text).split('\n')
  const at = firstExceptionLine(lines) ?? firstLine(lines, (line) => ERROR_WORD.test(line))
  if (at === null) return null
  const line = readLine(lines[at] ?? '')
  const message = line.message === '' ? `${line.text} ${lines[at + 1] ?? ''}` : line.text
  const frame = frameAbove(lines, at)
  return {
    message: shorten(redact(message.trim())),
    exception: line.exception,
    frame: frame === null ? null : redact(frame),
  }
}

function firstExceptionLine(lines: readonly string[]): number | null {
  return firstLine(lines, (raw, i) => {
    if (!/(?:Error|Exception|Exit|Interrupt|Invalid|Fault|Timeout|Abort)/.test(raw)) return false
    const line = readLine(raw, /^\s*File "/.test(lines[i - 1] ?? ''))
    return line.exception !== null && line.level === 'error' && !/^\s*Traceback/.test(line.message)
  })
}

function firstLine(lines: readonly string[], is: (line: string, i: number) => boolean): number | null {
  const found = lines.findIndex((line, i) => is(line, i))
  return found === -1 ? null : found
}

const shorten = (text: string) => (text.length <= 300 ? text : `${text.slice(0, 299)}…`)
