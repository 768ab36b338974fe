import { clean } from './extract/clean.ts'
import { frameAbove } from './extract/frames.ts'
import { readLine } from './extract/line.ts'
import { explain, type Explanation } from './explain.ts'
import { manual } from './fix.ts'
import { IN_EVERY_FAILURE, ORDINARY } from './ordinary.ts'
import { redact } from './redact.ts'

/** A cause that the people of a server have added. Its line is compared to the letter; there are no patterns. */
export interface TaughtCause {
  id: number
  title: string
  /** Part of a line of the log, without its secrets. */
  line: string
  why: string
  remedy: string
  taught_by: string
  taught_at: string
}

export const codeOfTaught = (id: number): string => `HERE-${id}`

/** `HERE-3` → 3; null for any other code. */
export function taughtId(code: string): number | null {
  const digits = /^HERE-(\d{1,9})$/.exec(code)?.[1]
  return digits === undefined ? null : Number(digits)
}

/** The taught cause whose line stands first in the text; of two in the same place the longer one. Null when none does. */
export function explainTaught({ text, taught }: { text: string; taught: readonly TaughtCause[] }): Explanation | null {
  if (taught.length === 0) return null
  const plain = clean(text)
  let safe: string | null = null
  const found = taught
    .map((cause) => {
      const at = plain.indexOf(cause.line)
      // A line that had a secret in it was stored with `[hf token]` in its place.
      if (at !== -1 || !cause.line.includes('[')) return { cause, at, text: plain }
      safe ??= redact(plain)
      return { cause, at: safe.indexOf(cause.line), text: safe }
    })
    .filter(({ at }) => at !== -1)
    .sort((a, b) => a.at - b.at || b.cause.line.length - a.cause.line.length)[0]
  return found ? describe(found.cause, found.text, found.at) : null
}

function describe(cause: TaughtCause, text: string, at: number): Explanation {
  const lines = text.split('\n')
  const number = text.slice(0, at).split('\n').length - 1
  return {
    code: codeOfTaught(cause.id),
    cause: 'taught-here',
    title: cause.title,
    where: frameAbove(lines, number),
    evidence: cut(redact(lines[number] ?? '').trim()),
    why: cause.why,
    fixes: [manual(cause.remedy)],
    taught: { id: cause.id, by: cause.taught_by, at: cause.taught_at },
  }
}

const cut = (line: string) => (line.length <= 300 ? line : `${line.slice(0, 299)}…`)

/** The line as it is compared: without colours, launchers' prefixes, secrets and the spaces around it. */
export function taughtLine(written: string): string {
  return readLine(redact(clean(written)).trim()).text.trim()
}

/** Words that tell nothing of what happened. */
const EMPTY_WORDS =
  /\b(?:\w*(?:Error|Exception|Warning)|error|errors|exception|failed|failure|fatal|fail|cannot|can't|unable|invalid|unexpected|unknown|traceback|most|recent|call|last|the|and|was|has|not|for|with|from|this|that|exit|exited|code|status|file|line|in|module|process|run|root|cause)\b/gi
const LEAST_LETTERS = 10
const LONGEST_LINE = 300

/**
 * Why a cause cannot be taught, in sentences; empty when it can. Its line must tell something, must stand in no ordinary
 * log, and must not be explained already.
 */
export function problemsOfTeaching({
  title,
  line: written,
  why,
  remedy,
  taught,
}: Pick<TaughtCause, 'title' | 'line' | 'why' | 'remedy'> & { taught: readonly TaughtCause[] }): string[] {
  const line = taughtLine(written)
  const missing = Object.entries({ title, why, 'what to do': remedy }).filter(([, text]) => clean(text).trim() === '')
  const problems = missing.map(([name]) => `The ${name} is empty.`)
  if (clean(written).trim().includes('\n'))
    return [...problems, 'The line must be one line; take the one that names the error.']
  if (line.length > LONGEST_LINE)
    return [...problems, `The line has ${line.length} characters; ${LONGEST_LINE} are compared.`]
  const letters = line.replace(EMPTY_WORDS, ' ').replace(/[^\p{L}]/gu, '')
  if (letters.length < LEAST_LETTERS) {
    return [...problems, 'The line says too little: it would fit many errors. Take one that names what went wrong.']
  }
  const common = IN_EVERY_FAILURE.find((text) => has(text, line))
  if (common !== undefined) return [...problems, 'That line stands in failures of every kind.']
  const ordinary = ORDINARY.find(({ text }) => has(text, line))
  if (ordinary) return [...problems, `That line also stands in ${ordinary.what}, where nothing is wrong.`]
  const known = explain({ text: line })
  if (known) {
    return [
      ...problems,
      `The catalogue explains that line already: ${known.code}, ${known.title}. Where that is wrong, press This is wrong on the answer.`,
    ]
  }
  const twin = taught.find((each) => each.line.includes(line) || line.includes(each.line))
  if (twin) return [...problems, `${codeOfTaught(twin.id)}, ${twin.title}, has that line already. Forget it first.`]
  return problems
}

const has = (text: string, line: string) => text.toLowerCase().includes(line.toLowerCase())
