import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { KEPT_EMAILS } from '../known.ts'
import { cleanEmails, digestOf, type Email } from './clean.ts'

/** In the order of their numbers: ham is 0, spam is 1. */
export const EMAIL_LABELS = ['ham', 'spam'] as const

/** 800 of 2000 and 200 of 500; the pools hold less spam than that for their ham. */
const SPAM_SHARE = 0.4

/** The file in `cache_folder` that keeps cleaned mails, a line of JSON each. */
export function keptEmails(cache_folder: string): string {
  return join(cache_folder, KEPT_EMAILS)
}

/** Every cleaned mail in the order of digests. The first call cleans (3 s) and keeps the rows in `cache_folder`. */
export async function readEmails({
  cache_folder,
  signal,
  progress = () => undefined,
}: {
  cache_folder: string
  signal?: AbortSignal
  progress?: (done: number, of: number) => void
}): Promise<Email[]> {
  const path = keptEmails(cache_folder)
  const kept = await readKept(path)
  if (kept) return kept

  const emails: Email[] = []
  const seen = (done: number, of: number) => {
    signal?.throwIfAborted()
    if (done % 250 === 0 || done === of) progress(done, of)
  }
  for await (const email of cleanEmails({ seen })) emails.push(email)
  await mkdir(cache_folder, { recursive: true })
  const unfinished = `${path}.${randomUUID()}`
  try {
    await writeFile(unfinished, emails.map((email) => `${JSON.stringify(email)}\n`).join(''))
    await rename(unfinished, path)
  } finally {
    await rm(unfinished, { force: true })
  }
  return emails
}

/**
 * The rows of one split that a run uses, always the same whatever the seed: of each class the first in the order of
 * digests, two spam for three ham (2000 rows: 800 and 1200; 500 rows: 200 and 300). Where a class has no more, the
 * other fills up; null takes the whole pool.
 */
export function selectEmails({
  emails,
  split,
  rows,
}: {
  emails: readonly Email[]
  split: Email['split']
  rows: number | null
}): { selected: Email[]; available: number } {
  const pool = emails.filter((email) => email.split === split)
  if (rows === null || rows >= pool.length) return { selected: pool, available: pool.length }
  const spam = pool.filter(({ label }) => label === 'spam')
  const ham = pool.filter(({ label }) => label === 'ham')
  const wanted = Math.min(Math.round(rows * SPAM_SHARE), spam.length)
  const hams = Math.min(rows - wanted, ham.length)
  const selected = [...spam.slice(0, rows - hams), ...ham.slice(0, hams)]
  selected.sort((a, b) => (digestOf(a.id) < digestOf(b.id) ? -1 : 1))
  return { selected, available: pool.length }
}

async function readKept(path: string): Promise<Email[] | null> {
  const text = await readFile(path, 'utf8').catch(() => null)
  if (!text) return null
  try {
    return text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Email)
  } catch {
    // Somebody has cut it; it is made again.
    return null
  }
}
