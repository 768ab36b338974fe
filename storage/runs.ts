import { z } from 'zod'
import { DEFAULTS } from '../src/run/arguments.ts'
import { Ending } from '../src/run/ending.ts'
import { RunSpec } from '../src/run/spec.ts'
import { ENDED, LIVE, mayBecome, RunState } from '../src/run/state.ts'
import type { Database } from './database.ts'

/** A spec as it was stored; an argument that is newer than the run has its default. */
const Spec = z.string().transform((text) => {
  const { args, ...rest } = JSON.parse(text) as RunSpec
  return RunSpec.parse({ ...rest, args: { ...DEFAULTS, ...args } })
})

const json = <Schema extends z.ZodType>(schema: Schema) =>
  z.string().transform((text) => schema.parse(JSON.parse(text)))

/** `save`: at the next step, with what there is saved. `now`: at once. */
export const StopHow = z.enum(['save', 'now'])
export type StopHow = z.infer<typeof StopHow>

const Row = z.object({
  id: z.int(),
  state: RunState,
  spec: Spec,
  host: z.string(),
  launch: z.string().nullable(),
  folder: z.string().nullable(),
  guild_id: z.string(),
  channel_id: z.string(),
  thread_id: z.string().nullable(),
  created_by: z.string(),
  parent_id: z.int().nullable(),
  /** The folder of the run that this one goes on from: its parent's. Null when it starts from the start. */
  resume_from: z.string().nullable(),
  events_offset: z.int(),
  /** Who asked the run to stop, and how; the last one who asked. */
  stop_by: z.string().nullable(),
  stop_how: StopHow.nullable(),
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
  resume_from?: string | null
}

/** Adds a draft and returns it with its number. */
export function createDraft(database: Database, run: NewRun, now = new Date()): Run {
  const at = now.toISOString()
  const insert = database.prepare(
    `INSERT INTO runs (state, spec, host, guild_id, channel_id, created_by, parent_id, resume_from, created_at)
     VALUES ('draft', @spec, @host, @guild_id, @channel_id, @created_by, @parent_id, @resume_from, @at)`,
  )
  return database
    .transaction(() => {
      const { lastInsertRowid } = insert.run({
        ...run,
        spec: JSON.stringify(run.spec),
        parent_id: run.parent_id ?? null,
        resume_from: run.resume_from ?? null,
        at,
      })
      const id = Number(lastInsertRowid)
      recordChange(database, {
        run_id: id,
        actor: run.created_by,
        from_state: null,
        to_state: 'draft',
        reason: null,
        at,
      })
      return getRun(database, id)
    })
    .immediate()
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

/** Where a run stands; cheaper than the whole run, for what happens with every event. */
export function getState(database: Database, id: number): RunState {
  return RunState.parse(database.prepare('SELECT state FROM runs WHERE id = ?').pluck().get(id))
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

/** Runs that wait for a place, in the order in which they were launched. */
export function listQueue(database: Database): Run[] {
  return database
    .prepare(
      `SELECT * FROM runs WHERE state = 'queued'
       ORDER BY (SELECT max(changes.id) FROM changes WHERE changes.run_id = runs.id AND to_state = 'queued')`,
    )
    .all()
    .map((row) => Row.parse(row))
}

/** Runs that go on from a checkpoint of this one, newest first. */
export function listResuming(database: Database, id: number): Run[] {
  return database
    .prepare('SELECT * FROM runs WHERE parent_id = ? AND resume_from IS NOT NULL ORDER BY id DESC')
    .all(id)
    .map((row) => Row.parse(row))
}

/** Runs whose engine may be alive, oldest first. */
export function listLive(database: Database): Run[] {
  return database
    .prepare('SELECT * FROM runs WHERE state IN (SELECT value FROM json_each(?)) ORDER BY id')
    .all(JSON.stringify(LIVE))
    .map((row) => Row.parse(row))
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
  return database
    .transaction(() => {
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
    })
    .immediate()
}

/** Replaces the spec of a draft. False when it is no draft any more. */
export function editDraft(
  database: Database,
  { id, spec, actor, reason = 'edited' }: { id: number; spec: RunSpec; actor: string; reason?: string },
  now = new Date(),
): boolean {
  return database
    .transaction(() => {
      const { changes } = database
        .prepare("UPDATE runs SET spec = ? WHERE id = ? AND state = 'draft'")
        .run(JSON.stringify(spec), id)
      if (changes !== 1) return false
      recordChange(database, {
        run_id: id,
        actor,
        from_state: 'draft',
        to_state: 'draft',
        reason,
        at: now.toISOString(),
      })
      return true
    })
    .immediate()
}

/**
 * Remembers that somebody wants a run to stop. Asking twice changes nothing; `now` overrides `save`, never the other way.
 * False when that was asked before, or when no engine can be alive.
 */
export function askToStop(
  database: Database,
  { id, actor, how }: { id: number; actor: string; how: StopHow },
  now = new Date(),
): boolean {
  return database
    .transaction(() => {
      const { changes } = database
        .prepare(
          `UPDATE runs SET stop_by = @actor, stop_how = @how
           WHERE id = @id AND state IN (SELECT value FROM json_each(@live))
             AND (stop_how IS NULL OR (stop_how = 'save' AND @how = 'now'))`,
        )
        .run({ id, actor, how, live: JSON.stringify(LIVE) })
      if (changes !== 1) return false
      noteChange(database, { id, actor, reason: how === 'save' ? 'asked to stop and save' : 'asked to stop now' }, now)
      return true
    })
    .immediate()
}

/** Writes into the audit what was done to a run without moving it. */
export function noteChange(
  database: Database,
  { id, actor, reason }: { id: number; actor: string; reason: string },
  now = new Date(),
): void {
  const { state } = getRun(database, id)
  recordChange(database, {
    run_id: id,
    actor,
    from_state: state,
    to_state: state,
    reason,
    at: now.toISOString(),
  })
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
