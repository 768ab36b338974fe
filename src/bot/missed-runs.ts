import type { Database } from '../../storage/database.ts'
import { findMessage } from '../../storage/messages.ts'
import { listLive, listQueue, listRuns, type Run } from '../../storage/runs.ts'
import type { RunState } from '../run/state.ts'
import { SAID } from './narration.ts'

const RECENT_MS = 3_600_000
const TOLD_ENDS: readonly RunState[] = ['completed', 'stopped', 'cancelled', 'failed']

/** Runs of which something may have gone untold while the bot was away, oldest first. */
export function missedRuns(database: Database, now = Date.now()): Run[] {
  const isRecent = (at: string | null) => at !== null && Date.parse(at) > now - RECENT_MS
  const untoldEnd = (run: Run) =>
    run.thread_id !== null && !findMessage(database, { run_id: run.id, key: SAID.ending })?.message_id
  return [
    ...listLive(database),
    ...listQueue(database),
    ...listRuns(database, { states: ['draft'], limit: 100 }).filter((run) => isRecent(run.created_at)),
    ...listRuns(database, { states: TOLD_ENDS, limit: 100 }).filter((run) => isRecent(run.ended_at) || untoldEnd(run)),
  ].sort((a, b) => a.id - b.id)
}
