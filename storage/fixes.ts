import { z } from 'zod'
import type { Database } from './database.ts'

const AppliedFix = z.object({
  child_id: z.int(),
  run_id: z.int(),
  code: z.string(),
  fix: z.string(),
  change: z.string(),
  diff: z.string(),
  actor: z.string(),
  at: z.string(),
})

/** A fix that somebody applied to a failed run, and the run that came of it. */
export type AppliedFix = z.infer<typeof AppliedFix>

/** Writes down who applied which fix. Throws when the same change was applied to the same run before. */
export function recordFix(database: Database, applied: Omit<AppliedFix, 'at'>, now = new Date()): void {
  database
    .prepare(
      `INSERT INTO fixes (child_id, run_id, code, fix, change, diff, actor, at)
       VALUES (@child_id, @run_id, @code, @fix, @change, @diff, @actor, @at)`,
    )
    .run({ ...applied, at: now.toISOString() })
}

/** The fix that made this run, or null when it was made in another way. */
export function fixThatMade(database: Database, child_id: number): AppliedFix | null {
  const row = database.prepare('SELECT * FROM fixes WHERE child_id = ?').get(child_id)
  return row === undefined ? null : AppliedFix.parse(row)
}

/** The run that came of this change to that run, or null when it was not tried. */
export function triedFix(database: Database, { run_id, change }: { run_id: number; change: string }): number | null {
  const child = database
    .prepare('SELECT child_id FROM fixes WHERE run_id = ? AND change = ?')
    .pluck()
    .get(run_id, change)
  return child === undefined ? null : z.int().parse(child)
}

/** A kind of fix, and the runs that it was tried in. */
export interface Tried {
  fix: string
  /** Numbers of runs that were completed with it, oldest first. */
  worked: number[]
  /** How many have ended in another way. */
  failed: number
}

/** What was tried about a cause on a server, the fix that worked most often first. Runs that have not ended say nothing. */
export function listTried(database: Database, { guild_id, code }: { guild_id: string; code: string }): Tried[] {
  const rows = database
    .prepare(
      `SELECT fix, child_id, state = 'completed' AS worked FROM fixes JOIN runs ON runs.id = child_id
       WHERE guild_id = ? AND code = ? AND state IN ('completed', 'failed') ORDER BY child_id`,
    )
    .all(guild_id, code)
  const tried = new Map<string, Tried>()
  for (const row of rows) {
    const { fix, child_id, worked } = z.object({ fix: z.string(), child_id: z.int(), worked: z.int() }).parse(row)
    const known = tried.get(fix) ?? { fix, worked: [], failed: 0 }
    tried.set(
      fix,
      worked === 1 ? { ...known, worked: [...known.worked, child_id] } : { ...known, failed: known.failed + 1 },
    )
  }
  return [...tried.values()].sort((a, b) => b.worked.length - a.worked.length || a.failed - b.failed)
}
