import { z } from 'zod'
import { Ending } from '../src/run/ending.ts'
import { RunSpec } from '../src/run/spec.ts'
import { ENDED, LIVE, mayBecome, RunState } from '../src/run/state.ts'
import type { Database } from './database.ts'

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z.string().transform((text) => schema.parse(JSON.parse(text)))

const Row = z.object({
  id: z.int(),
  state: RunState,
  spec: json(RunSpec),
  host: z.string(),
  launch: z.string().nullable(),
  folder: z.string().nullable(),
  guild_id: z.string(),
  channel_id: z.string(),
  thread_id: z.string().nullable(),
  created_by: z.string(),
  parent_id: z.int().nullable(),
  events_offset: z.int(),
  ending: json(Ending).nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
})

/** One run as the record has it; fields are the columns of `runs`. */
export type Run = z.infer<typeof Row>

export interface NewRun {
  spec: RunSpec
  host: string
  guild_id: string
  channel_id: string
  created_by: string
  parent_id?: number | null
}

/** Adds a draft and returns it with its number. */
export function createDraft(database: Database, run: NewRun, now = new Date()): Run {
  const at = now.toISOString()
  const insert = database.prepare(
    `INSERT INTO runs (state, spec, host, guild_id, channel_id, created_by, parent_id, created_at)
     VALUES ('draft', @spec, @host, @guild_id, @channel_id, @created_by, @parent_id, @at)`,
  )
  return database.transaction(() => {
    const { lastInsertRowid } = insert.run({
      ...run,
      spec: JSON.stringify(run.spec),
      parent_id: run.parent_id ?? null,
      at,
    })
    const id = Number(lastInsertRowid)
    recordChange(database, { run_id: id, actor: run.created_by, from_state: null, to_state: 'draft', reason: null, at })
    return getRun(database, id)
  })()
}

/** The run, or null when there is none of that number. */
export function findRun(database: Database, id: number): Run | null {
  const row = database.prepare('SELECT * FROM runs WHERE id = ?').get(id)
  return row === undefined ? null : Row.parse(row)
}

/** The run, which must exist. */
export function getRun(database: Database, id: number): Run {
  const run = findRun(database, id)
  if (!run) throw new Error(`Expected run #${id} in the record, found none.`)
  return run
}

export interface RunFilter {
  guild_id?: string
  states?: readonly RunState[]
  created_by?: string
  limit?: number
}

/** Runs, newest first. */
export function listRuns(database: Database, { guild_id, states, created_by, limit = 25 }: RunFilter = {}): Run[] {
  const rows = database
    .prepare(
      `SELECT * FROM runs
       WHERE (@guild_id IS NULL OR guild_id = @guild_id)
         AND (@created_by IS NULL OR created_by = @created_by)
         AND (@states IS NULL OR state IN (SELECT value FROM json_each(@states)))
       ORDER BY id DESC LIMIT @limit`,
    )
    .all({
      guild_id: guild_id ?? null,
      created_by: created_by ?? null,
      states: states ? JSON.stringify(states) : null,
      limit,
    })
  return rows.map((row) => Row.parse(row))
}

export interface Transition {
  id: number
  from: RunState | readonly RunState[]
  to: RunState
  actor: string
  reason?: string | null
  /** Columns that change with the state. */
  set?: Partial<Pick<Run, 'launch' | 'folder' | 'thread_id' | 'ending'>>
}

/**
 * Compare-and-set: moves the run to `to` if it is still in `from`, and writes who did it. False when somebody was
 * faster, which is an answer and not an error. Throws when no run may ever go that way.
 */
export function transition(database: Database, change: Transition, now = new Date()): boolean {
  const { id, to, actor, reason = null, set = {} } = change
  const from = typeof change.from === 'string' ? [change.from] : change.from
  for (const state of from) {
    if (!mayBecome(state, to)) throw new Error(`Expected a move that a run can make, got ${state} → ${to}.`)
  }
  const at = now.toISOString()
  return database.transaction(() => {
    const current = findRun(database, id)
    if (!current || !from.includes(current.state)) return false
    const { changes } = database
      .prepare(
        `UPDATE runs SET state = @to,
           launch     = coalesce(@launch, launch),
           folder     = coalesce(@folder, folder),
           thread_id  = coalesce(@thread_id, thread_id),
           ending     = coalesce(@ending, ending),
           started_at = CASE WHEN @starts THEN coalesce(started_at, @at) ELSE started_at END,
           ended_at   = CASE WHEN @ends THEN @at ELSE ended_at END
         WHERE id = @id AND state = @current`,
      )
      .run({
        id,
        to,
        at,
        current: current.state,
        launch: set.launch ?? null,
        folder: set.folder ?? null,
        thread_id: set.thread_id ?? null,
        ending: set.ending ? JSON.stringify(set.ending) : null,
        starts: LIVE.includes(to) ? 1 : 0,
        ends: ENDED.includes(to) ? 1 : 0,
      })
    if (changes !== 1) return false
    recordChange(database, { run_id: id, actor, from_state: current.state, to_state: to, reason, at })
    return true
  })()
}

/** Replaces the spec of a draft. False when it is no draft any more. */
export function editDraft(
  database: Database,
  { id, spec, actor }: { id: number; spec: RunSpec; actor: string },
  now = new Date(),
): boolean {
  return database.transaction(() => {
    const { changes } = database
      .prepare("UPDATE runs SET spec = ? WHERE id = ? AND state = 'draft'")
      .run(JSON.stringify(spec), id)
    if (changes !== 1) return false
    recordChange(database, {
      run_id: id,
      actor,
      from_state: 'draft',
      to_state: 'draft',
      reason: 'edited',
      at: now.toISOString(),
    })
    return true
  })()
}

/** Remembers the run's thread. */
export function setThread(database: Database, { id, thread_id }: { id: number; thread_id: string }): void {
  database.prepare('UPDATE runs SET thread_id = ? WHERE id = ?').run(thread_id, id)
}

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

function recordChange(database: Database, change: Change): void {
  database
    .prepare(
      `INSERT INTO changes (run_id, actor, from_state, to_state, reason, at)
       VALUES (@run_id, @actor, @from_state, @to_state, @reason, @at)`,
    )
    .run(change)
}
