import type { EventOf, RunEvent } from '../src/run/events.ts'
import { parseEvent, type UnknownEvent } from '../src/run/read-event.ts'
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
  return parsed(bodies)
}

/** What a run has warned of, in order. */
export function listWarnings(database: Database, run_id: number): EventOf<'warning'>[] {
  const bodies = database
    .prepare("SELECT body FROM events WHERE run_id = ? AND type = 'warning' ORDER BY seq")
    .pluck()
    .all(run_id) as string[]
  return parsed(bodies).filter((event) => event.type === 'warning')
}

/** Whether the engine of a run has told of a checkpoint. */
export function hasCheckpoint(database: Database, run_id: number): boolean {
  const found = database.prepare("SELECT EXISTS (SELECT 1 FROM events WHERE run_id = ? AND type = 'checkpoint')")
  return found.pluck().get(run_id) === 1
}

/**
 * view = fold(events). Of the heartbeats, which are most of what a long run says, only those are read that the view still
 * shows: of 100 000 events that takes a fifth of the time, and a bot that starts looks at every live run.
 */
export function readView(database: Database, run_id: number): RunView {
  const last = (field: string) =>
    `(SELECT seq FROM beats WHERE instr(body, '"${field}"') > 0 AND body ->> '${field}' IS NOT NULL ORDER BY seq DESC LIMIT 1)`
  const bodies = database
    .prepare(
      `WITH beats AS (SELECT seq, body FROM events WHERE run_id = @run_id AND type = 'heartbeat'),
            start AS (SELECT coalesce(max(body ->> 'step'), 0) AS step FROM events WHERE run_id = @run_id AND type = 'resumed')
       SELECT body FROM events
       WHERE run_id = @run_id AND (type <> 'heartbeat' OR seq IN (
         (SELECT seq FROM beats WHERE body ->> 'step' > (SELECT step FROM start) ORDER BY seq LIMIT 1),
         ${last('expect_next_in')}, ${last('samples_per_second')}, ${last('memory_bytes')}, ${last('gpu')}
       ))
       ORDER BY seq`,
    )
    .pluck()
    .all({ run_id }) as string[]
  return foldAll(EMPTY_VIEW, parsed(bodies))
}

function parsed(bodies: readonly string[]): (RunEvent | UnknownEvent)[] {
  return bodies.map(parseEvent).filter((event) => event !== null)
}
