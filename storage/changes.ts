import { z } from 'zod'
import { RunState } from '../src/run/state.ts'
import type { Database } from './database.ts'

/** The audit: who moved a run from where to where, or did something else to it. */
const Change = z.object({
  run_id: z.int(),
  actor: z.string(),
  from_state: RunState.nullable(),
  to_state: RunState,
  reason: z.string().nullable(),
  at: z.string(),
})
export type Change = z.infer<typeof Change>

/** Who did what to a run, oldest first. */
export function listChanges(database: Database, id: number): Change[] {
  const rows = database
    .prepare('SELECT run_id, actor, from_state, to_state, reason, at FROM changes WHERE run_id = ? ORDER BY id')
    .all(id)
  return rows.map((row) => Change.parse(row))
}

/** Writes into the audit what was done to a run without moving it. */
export function noteChange(
  database: Database,
  { id, actor, reason }: { id: number; actor: string; reason: string },
  now = new Date(),
): void {
  const { changes } = database
    .prepare(
      `INSERT INTO changes (run_id, actor, from_state, to_state, reason, at)
       SELECT id, @actor, state, state, @reason, @at FROM runs WHERE id = @id`,
    )
    .run({ id, actor, reason, at: now.toISOString() })
  if (changes !== 1) throw new Error(`Expected run #${id} in the record, found none.`)
}

/** Writes a move of a run into the audit. */
export function recordChange(database: Database, change: Change): void {
  database
    .prepare(
      `INSERT INTO changes (run_id, actor, from_state, to_state, reason, at)
       VALUES (@run_id, @actor, @from_state, @to_state, @reason, @at)`,
    )
    .run(change)
}
