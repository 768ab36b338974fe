import type { RunSpec } from '../src/run/spec.ts'
import { ENDED, LIVE, mayBecome, type RunState } from '../src/run/state.ts'
import { noteChange, recordChange } from './changes.ts'
import type { Database } from './database.ts'
import { findRun, type Run, type StopHow } from './runs.ts'

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
