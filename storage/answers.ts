import { z } from 'zod'
import type { Database } from './database.ts'

const Answer = z.object({
  id: z.int(),
  guild_id: z.string(),
  run_id: z.int().nullable(),
  text_hash: z.string(),
  code: z.string().nullable(),
  line: z.string(),
  asked_by: z.string(),
  at: z.string(),
})

/** What was said about an error text. */
export type Answer = z.infer<typeof Answer>

/**
 * Writes down an answer and returns its number. A run has one: a later answer about it replaces what was said, and keeps
 * the number, so that the buttons of its card stay good. `line` must have its secrets taken out.
 */
export function recordAnswer(database: Database, answer: Omit<Answer, 'id' | 'at'>, now = new Date()): number {
  const row = database
    .prepare(
      `INSERT INTO answers (guild_id, run_id, text_hash, code, line, asked_by, at)
       VALUES (@guild_id, @run_id, @text_hash, @code, @line, @asked_by, @at)
       ON CONFLICT (run_id) DO UPDATE
         SET text_hash = excluded.text_hash, code = excluded.code, line = excluded.line
       RETURNING id`,
    )
    .pluck()
    .get({ ...answer, at: now.toISOString() })
  return z.int().parse(row)
}

/** The answer of that number on this server, or null. */
export function findAnswer(database: Database, { id, guild_id }: { id: number; guild_id: string }): Answer | null {
  const row = database.prepare('SELECT * FROM answers WHERE id = ? AND guild_id = ?').get(id, guild_id)
  return row === undefined ? null : Answer.parse(row)
}

/** Gives an answer the cause that was taught after it. */
export function setAnswerCode(database: Database, { id, code }: { id: number; code: string }): void {
  database.prepare('UPDATE answers SET code = ? WHERE id = ?').run(code, id)
}

/** Remembers that somebody says an answer is wrong. False when they have said so before. */
export function object(
  database: Database,
  { answer_id, person }: { answer_id: number; person: string },
  now = new Date(),
): boolean {
  const { changes } = database
    .prepare('INSERT INTO objections (answer_id, person, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(answer_id, person, now.toISOString())
  return changes === 1
}

/** Takes an objection back. False when there was none. */
export function takeBackObjection(
  database: Database,
  { answer_id, person }: { answer_id: number; person: string },
): boolean {
  const { changes } = database
    .prepare('DELETE FROM objections WHERE answer_id = ? AND person = ?')
    .run(answer_id, person)
  return changes === 1
}

/** People who said that this code is wrong for this text, on this server. */
export function listObjections(
  database: Database,
  { guild_id, text_hash, code }: { guild_id: string; text_hash: string; code: string | null },
): string[] {
  return database
    .prepare(
      `SELECT DISTINCT person FROM objections JOIN answers ON answers.id = answer_id
       WHERE guild_id = ? AND text_hash = ? AND code IS ? ORDER BY objections.at`,
    )
    .pluck()
    .all(guild_id, text_hash, code) as string[]
}

/** How many runs of a server failed for this cause. */
export function countFailures(database: Database, { guild_id, code }: { guild_id: string; code: string }): number {
  return database
    .prepare('SELECT count(*) FROM answers WHERE guild_id = ? AND code = ? AND run_id IS NOT NULL')
    .pluck()
    .get(guild_id, code) as number
}
