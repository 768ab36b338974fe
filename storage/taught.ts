import { z } from 'zod'
import type { Database } from './database.ts'

const Row = z.object({
  id: z.int(),
  guild_id: z.string(),
  title: z.string(),
  line: z.string(),
  why: z.string(),
  remedy: z.string(),
  taught_by: z.string(),
  taught_at: z.string(),
  forgotten_by: z.string().nullable(),
  forgotten_at: z.string().nullable(),
})

/** A cause that a server taught, forgotten or not. */
export type TaughtRow = z.infer<typeof Row>

/** Adds a cause of a server and returns its number. */
export function teach(
  database: Database,
  taught: Pick<TaughtRow, 'guild_id' | 'title' | 'line' | 'why' | 'remedy' | 'taught_by'>,
  now = new Date(),
): number {
  const { lastInsertRowid } = database
    .prepare(
      `INSERT INTO taught (guild_id, title, line, why, remedy, taught_by, taught_at)
       VALUES (@guild_id, @title, @line, @why, @remedy, @taught_by, @at)`,
    )
    .run({ ...taught, at: now.toISOString() })
  return Number(lastInsertRowid)
}

/** What a server has taught and not forgotten, oldest first. */
export function listTaught(database: Database, guild_id: string): TaughtRow[] {
  return database
    .prepare('SELECT * FROM taught WHERE guild_id = ? AND forgotten_at IS NULL ORDER BY id')
    .all(guild_id)
    .map((row) => Row.parse(row))
}

/** The cause of that number on this server, or null. */
export function findTaught(database: Database, { id, guild_id }: { id: number; guild_id: string }): TaughtRow | null {
  const row = database.prepare('SELECT * FROM taught WHERE id = ? AND guild_id = ?').get(id, guild_id)
  return row === undefined ? null : Row.parse(row)
}

/** Stops using a cause. False when it is forgotten already, or not of this server. */
export function forgetTaught(
  database: Database,
  { id, guild_id, actor }: { id: number; guild_id: string; actor: string },
  now = new Date(),
): boolean {
  const { changes } = database
    .prepare(
      `UPDATE taught SET forgotten_by = ?, forgotten_at = ?
       WHERE id = ? AND guild_id = ? AND forgotten_at IS NULL`,
    )
    .run(actor, now.toISOString(), id, guild_id)
  return changes === 1
}

/** Uses a forgotten cause again. False when it is not forgotten, or not of this server. */
export function recallTaught(database: Database, { id, guild_id }: { id: number; guild_id: string }): boolean {
  const { changes } = database
    .prepare(
      `UPDATE taught SET forgotten_by = NULL, forgotten_at = NULL
       WHERE id = ? AND guild_id = ? AND forgotten_at IS NOT NULL`,
    )
    .run(id, guild_id)
  return changes === 1
}
