import { z } from 'zod'
import type { Database } from './database.ts'

/**
 * `draft`: may be changed. `asked`: waits for approvals. `uploading`: at work. `interrupted`: the process that uploaded
 * is gone, or was told to stop; what it sent is found again by the next try.
 */
export const PublishState = z.enum(['draft', 'asked', 'uploading', 'published', 'failed', 'interrupted', 'discarded'])
export type PublishState = z.infer<typeof PublishState>

const SomeFile = z.object({ path: z.string(), size: z.int() })
/** A file of model/, as it was when the draft was made. */
export type ModelFile = z.infer<typeof SomeFile>

const Row = z.object({
  id: z.int(),
  run_id: z.int(),
  state: PublishState,
  repository: z.string(),
  private: z.int().transform((value) => value === 1),
  account: z.string(),
  problem: z.string().nullable(),
  files: z.string().transform((text) => z.array(SomeFile).parse(JSON.parse(text))),
  approvals_needed: z.int(),
  requested_by: z.string(),
  outcome: z.enum(['created', 'updated', 'unchanged']).nullable(),
  url: z.string().nullable(),
  commit_id: z.string().nullable(),
  error: z.string().nullable(),
  remedy: z.string().nullable(),
  created_at: z.string(),
  started_at: z.string().nullable(),
  ended_at: z.string().nullable(),
})

/** A publication of a run's model; fields are the columns of `publishes`. */
export type Publish = z.infer<typeof Row>

type NewPublish = Pick<
  Publish,
  'run_id' | 'repository' | 'private' | 'account' | 'problem' | 'files' | 'approvals_needed' | 'requested_by'
>

/** Adds a draft and returns it with its number. */
export function createPublish(database: Database, publish: NewPublish, now = new Date()): Publish {
  const { lastInsertRowid } = database
    .prepare(
      `INSERT INTO publishes (run_id, state, repository, private, account, problem, files, approvals_needed,
                              requested_by, created_at)
       VALUES (@run_id, 'draft', @repository, @private, @account, @problem, @files, @approvals_needed,
               @requested_by, @at)`,
    )
    .run({
      ...publish,
      private: publish.private ? 1 : 0,
      files: JSON.stringify(publish.files),
      at: now.toISOString(),
    })
  return getPublish(database, Number(lastInsertRowid))
}

/** The publication of that number, or null. */
export function findPublish(database: Database, id: number): Publish | null {
  const row = database.prepare('SELECT * FROM publishes WHERE id = ?').get(id)
  return row === undefined ? null : Row.parse(row)
}

/** The publication, which must exist. */
export function getPublish(database: Database, id: number): Publish {
  const publish = findPublish(database, id)
  if (!publish) throw new Error(`Expected publication ${id} in the record, found none.`)
  return publish
}

/** Publications of a run or in some states, newest first. */
export function listPublishes(
  database: Database,
  {
    run_id = null,
    states = null,
    limit = 100,
  }: { run_id?: number | null; states?: readonly PublishState[] | null; limit?: number } = {},
): Publish[] {
  return database
    .prepare(
      `SELECT * FROM publishes
       WHERE (@run_id IS NULL OR run_id = @run_id)
         AND (@states IS NULL OR state IN (SELECT value FROM json_each(@states)))
       ORDER BY id DESC LIMIT @limit`,
    )
    .all({ run_id, states: states && JSON.stringify(states), limit })
    .map((row) => Row.parse(row))
}

export interface PublishMove {
  id: number
  from: PublishState | readonly PublishState[]
  to: PublishState
  /** Columns that change with the state. */
  set?: Partial<
    Pick<
      Publish,
      | 'repository'
      | 'private'
      | 'account'
      | 'problem'
      | 'approvals_needed'
      | 'requested_by'
      | 'outcome'
      | 'url'
      | 'commit_id'
      | 'error'
      | 'remedy'
    >
  >
}

const ENDED: readonly PublishState[] = ['published', 'failed', 'interrupted', 'discarded']

/**
 * Compare-and-set, as for runs: false when somebody was faster. Approvals are for what was asked: whoever goes back to
 * the draft loses them.
 */
export function movePublish(database: Database, { id, from, to, set = {} }: PublishMove, now = new Date()): boolean {
  const states = typeof from === 'string' ? [from] : from
  return database
    .transaction(() => {
      const current = findPublish(database, id)
      if (!current || !states.includes(current.state)) return false
      const at = now.toISOString()
      const next = { ...current, ...set }
      database
        .prepare(
          `UPDATE publishes SET state = @to, repository = @repository, private = @private, account = @account,
             problem = @problem, approvals_needed = @approvals_needed, requested_by = @requested_by,
             outcome = @outcome, url = @url, commit_id = @commit_id, error = @error, remedy = @remedy,
             started_at = @started_at, ended_at = @ended_at
           WHERE id = @id`,
        )
        .run({
          ...next,
          files: null,
          private: next.private ? 1 : 0,
          to,
          started_at: to === 'uploading' ? at : current.started_at,
          ended_at: ENDED.includes(to) ? at : null,
        })
      if (to === 'draft') database.prepare('DELETE FROM approvals WHERE publish_id = ?').run(id)
      return true
    })
    .immediate()
}

/** Adds a person's approval. False when they have given it before. */
export function approve(
  database: Database,
  { publish_id, person }: { publish_id: number; person: string },
  now = new Date(),
): boolean {
  const { changes } = database
    .prepare('INSERT INTO approvals (publish_id, person, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
    .run(publish_id, person, now.toISOString())
  return changes === 1
}

/** Who has approved, in the order in which they did. */
export function listApprovals(database: Database, publish_id: number): string[] {
  return database
    .prepare('SELECT person FROM approvals WHERE publish_id = ? ORDER BY at, person')
    .pluck()
    .all(publish_id) as string[]
}
