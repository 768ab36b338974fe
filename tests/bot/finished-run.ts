import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Ids } from '../../src/playground/server/seed.ts'
import { buildSpec, type Named } from '../../src/run/spec.ts'
import type { Database } from '../../storage/database.ts'
import { appendEvents } from '../../storage/events.ts'
import { transition } from '../../storage/moves.ts'
import { createDraft, getRun, type Run } from '../../storage/runs.ts'
import { done, evaluation, EXECUTOR, logRow, PLAN } from '../cards/runs.ts'
import { writeTinyModel } from '../control/tiny-model.ts'
import { TINY } from './world.ts'

/** A run of Alice's that has finished, with a model that answers; no engine worked for it, and it has no thread. */
export function finishedRun({
  database,
  folder: data,
  ids,
  ...named
}: { database: Database; folder: string; ids: Ids } & Partial<Named>): Run {
  const { id } = createDraft(database, {
    spec: buildSpec({ model: 'builtin/encoder', dataset: TINY, ...named, args: { num_train_epochs: 2 } }),
    host: 'this machine',
    guild_id: ids.guild,
    channel_id: ids.training,
    created_by: ids.alice,
  })
  const folder = join(data, 'runs', String(id))
  mkdirSync(folder, { recursive: true })
  writeTinyModel(join(folder, 'model'))
  transition(database, { id, from: 'draft', to: 'queued', actor: ids.alice })
  transition(database, { id, from: 'queued', to: 'preparing', actor: 'bot', set: { folder } })
  const events = [EXECUTOR, PLAN, logRow(50), evaluation(125, 0.95), done(250)].map((event, index) => ({
    ...event,
    seq: index + 1,
    at: new Date().toISOString(),
  }))
  const lines = events.map((event) => ({ event, line: JSON.stringify(event) }))
  appendEvents(database, { run_id: id, from: 0, to: 1, lines })
  transition(database, {
    id,
    from: 'preparing',
    to: 'completed',
    actor: 'engine',
    set: { ending: { is: 'completed', metrics: { eval_accuracy: 0.95 } } },
  })
  return getRun(database, id)
}
