import { parseEvent, type RunEvent, type UnknownEvent } from '../src/run/events.ts'
import { EMPTY_VIEW, foldAll, type RunView } from '../src/run/view.ts'
import type { Database } from './database.ts'

export interface StoredLine {
  event: RunEvent | UnknownEvent
  /** The line as it was read. */
  line: string
}

/**
 * Stores events and the offset behind them in one transaction: after a crash either both are there or neither.
 * `from` must be the stored offset, or nothing is written and the answer is false: somebody else follows this run.
 * An event that is stored already is passed over.
 */
export function appendEvents(
  database: Database,
  { run_id, from, to, lines }: { run_id: number; from: number; to: number; lines: readonly StoredLine[] },
): boolean {
  return database
    .transaction(() => {
      const moved = database
        .prepare('UPDATE runs SET events_offset = @to WHERE id = @run_id AND events_offset = @from')
        .run({ run_id, from, to })
      if (moved.changes !== 1) return false
      const insert = database.prepare(
        'INSERT INTO events (run_id, seq, type, at, body) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
      )
      for (const { event, line } of lines) insert.run(run_id, event.seq, event.type, event.at, line)
      return true
    })
    .immediate()
}

/** The run's events in order, from after `afterSeq`. */
export function listEvents(database: Database, run_id: number, afterSeq = 0): (RunEvent | UnknownEvent)[] {
  const bodies = database
    .prepare('SELECT body FROM events WHERE run_id = ? AND seq > ? ORDER BY seq')
    .pluck()
    .all(run_id, afterSeq) as string[]
  return bodies.map(parseEvent).filter((event) => event !== null)
}

/** Whether the engine of a run has told of a checkpoint. */
export function hasCheckpoint(database: Database, run_id: number): boolean {
  const found = database.prepare("SELECT EXISTS (SELECT 1 FROM events WHERE run_id = ? AND type = 'checkpoint')")
  return found.pluck().get(run_id) === 1
}

/** view = fold(events) */
export function readView(database: Database, run_id: number): RunView {
  return foldAll(EMPTY_VIEW, listEvents(database, run_id))
}
