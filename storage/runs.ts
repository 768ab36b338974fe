import { z } from 'zod'
import { DEFAULTS } from '../src/run/arguments.ts'
import { Ending } from '../src/run/ending.ts'
import { RunSpec } from '../src/run/spec.ts'
import { LIVE, RunState } from '../src/run/state.ts'
import { recordChange } from './changes.ts'
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

/** Remembers the run's thread. */
export function setThread(database: Database, { id, thread_id }: { id: number; thread_id: string }): void {
  database.prepare('UPDATE runs SET thread_id = ? WHERE id = ?').run(thread_id, id)
}
