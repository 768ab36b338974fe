import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { DEFAULTS } from '../../src/run/arguments.ts'
import { buildSpec } from '../../src/run/spec.ts'
import type { RunState } from '../../src/run/state.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import { listChanges, noteChange } from '../../storage/changes.ts'
import { askToStop, editDraft, transition } from '../../storage/moves.ts'
import { createDraft, findRun, getRun, listLive, listQueue, listRuns, setThread } from '../../storage/runs.ts'

let folder: string
let database: Database
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-storage-'))
  database = openDatabase(join(folder, 'finetune.db'))
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

const spec = buildSpec({ model: 'builtin/encoder', dataset: 'builtin/emails', args: { seed: 7 } })
const draft = (changes: { guild_id?: string; created_by?: string; parent_id?: number } = {}) =>
  createDraft(database, { spec, host: 'here', guild_id: 'g', channel_id: 'c', created_by: 'alice', ...changes })
const queue = (id: number) => transition(database, { id, from: 'draft', to: 'queued', actor: 'alice' })
const start = (id: number) =>
  transition(database, {
    id,
    from: 'queued',
    to: 'preparing',
    actor: 'bot',
    set: { launch: `l${id}`, folder: `/r/${id}` },
  })

test('a draft is written as it is read, and its making is in the audit', () => {
  const run = draft()
  expect(run).toMatchObject({ id: 1, state: 'draft', spec, launch: null, folder: null, ending: null, stop_how: null })
  expect(getRun(database, 1)).toEqual(run)
  expect(findRun(database, 2)).toBeNull()
  expect(() => getRun(database, 2)).toThrow('Expected run #2 in the record')
  expect(listChanges(database, 1)).toMatchObject([{ actor: 'alice', from_state: null, to_state: 'draft' }])
  expect(draft({ parent_id: 1 }).parent_id).toBe(1)
  expect(() => draft({ parent_id: 99 })).toThrow(/FOREIGN KEY/)
})

test('a run that is older than an argument has its default', () => {
  draft()
  database.prepare("UPDATE runs SET spec = json_remove(spec, '$.args.dropout', '$.args.test_size')").run()
  expect(getRun(database, 1).spec.args).toEqual({ ...DEFAULTS, seed: 7 })
})

test('a move is made once, by whoever comes first, and no other way', () => {
  const { id } = draft()
  expect(queue(id)).toBe(true)
  expect(queue(id)).toBe(false)
  expect(start(id)).toBe(true)
  expect(getRun(database, id)).toMatchObject({ state: 'preparing', launch: 'l1', folder: '/r/1' })
  expect(() => transition(database, { id, from: 'preparing', to: 'draft', actor: 'x' })).toThrow(/preparing → draft/)
  expect(transition(database, { id: 99, from: 'draft', to: 'queued', actor: 'x' })).toBe(false)
  const ending = { is: 'completed', metrics: { eval_f1: 0.5 } } as const
  expect(
    transition(database, { id, from: ['running', 'preparing'], to: 'completed', actor: 'engine', set: { ending } }),
  ).toBe(true)
  const run = getRun(database, id)
  expect(run.ending).toEqual(ending)
  expect(run.started_at).not.toBeNull()
  expect(run.ended_at).not.toBeNull()
  expect(listChanges(database, id).map(({ actor, to_state }) => `${actor} ${to_state}`)).toEqual([
    'alice draft',
    'alice queued',
    'bot preparing',
    'engine completed',
  ])
})

test('a run has started when it first lived, and has ended when it ended', () => {
  const { id } = draft()
  const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second))
  const move = (from: RunState, to: RunState, second: number) =>
    transition(database, { id, from, to, actor: 'x' }, at(second))
  move('draft', 'queued', 1)
  expect(getRun(database, id)).toMatchObject({ started_at: null, ended_at: null })
  move('queued', 'preparing', 2)
  move('preparing', 'running', 3)
  move('running', 'lost', 4)
  move('lost', 'running', 5)
  expect(getRun(database, id)).toMatchObject({ started_at: at(2).toISOString(), ended_at: null })
  move('running', 'completed', 6)
  expect(getRun(database, id)).toMatchObject({ started_at: at(2).toISOString(), ended_at: at(6).toISOString() })
})

test('a launch id belongs to one run', () => {
  const [first, second] = [draft().id, draft().id]
  for (const id of [first, second]) queue(id)
  const set = { launch: 'same', folder: '/r' }
  transition(database, { id: first, from: 'queued', to: 'preparing', actor: 'bot', set })
  expect(() => transition(database, { id: second, from: 'queued', to: 'preparing', actor: 'bot', set })).toThrow(
    /UNIQUE/,
  )
  expect(getRun(database, second).state).toBe('queued')
})

test('only a draft is edited', () => {
  const { id } = draft()
  const other = buildSpec({ ...spec, args: { seed: 8 } })
  expect(editDraft(database, { id, spec: other, actor: 'bob' })).toBe(true)
  expect(getRun(database, id).spec).toEqual(other)
  expect(listChanges(database, id).at(-1)).toMatchObject({ actor: 'bob', reason: 'edited' })
  queue(id)
  expect(editDraft(database, { id, spec, actor: 'bob' })).toBe(false)
  expect(getRun(database, id).spec).toEqual(other)
})

test('asking to stop: once, now over save, never back, and only what lives', () => {
  const { id } = draft()
  expect(askToStop(database, { id, actor: 'bob', how: 'save' })).toBe(false)
  queue(id)
  start(id)
  expect(askToStop(database, { id, actor: 'bob', how: 'save' })).toBe(true)
  expect(askToStop(database, { id, actor: 'carol', how: 'save' })).toBe(false)
  expect(askToStop(database, { id, actor: 'carol', how: 'now' })).toBe(true)
  expect(askToStop(database, { id, actor: 'bob', how: 'save' })).toBe(false)
  expect(getRun(database, id)).toMatchObject({ stop_by: 'carol', stop_how: 'now' })
  noteChange(database, { id, actor: 'carol', reason: 'sent SIGTERM' })
  expect(listChanges(database, id).slice(-3)).toMatchObject([
    { actor: 'bob', reason: 'asked to stop and save', from_state: 'preparing', to_state: 'preparing' },
    { actor: 'carol', reason: 'asked to stop now' },
    { actor: 'carol', reason: 'sent SIGTERM' },
  ])
})

test('lists: filtered, newest first; the queue in its own order; what lives', () => {
  for (const change of [{}, { created_by: 'bob' }, { guild_id: 'h' }, {}]) draft(change)
  for (const id of [4, 1, 2]) queue(id)
  start(1)
  const ids = (runs: { id: number }[]) => runs.map(({ id }) => id)
  expect(ids(listRuns(database))).toEqual([4, 3, 2, 1])
  expect(ids(listRuns(database, { guild_id: 'g', limit: 2 }))).toEqual([4, 2])
  expect(ids(listRuns(database, { created_by: 'bob' }))).toEqual([2])
  expect(ids(listRuns(database, { states: ['draft', 'preparing'] }))).toEqual([3, 1])
  expect(ids(listRuns(database, { states: [] }))).toEqual([])
  expect(ids(listQueue(database))).toEqual([4, 2])
  expect(ids(listLive(database))).toEqual([1])
  setThread(database, { id: 1, thread_id: 't' })
  expect(getRun(database, 1).thread_id).toBe('t')
})

test('four threads race for every move of 40 runs: each is made once', async () => {
  const runs = Array.from({ length: 40 }, () => draft().id)
  const racer = fileURLToPath(new URL('racer.mjs', import.meta.url))
  const won = await Promise.all(
    ['a', 'b', 'c', 'd'].map(
      async (actor) =>
        await new Promise<number>((resolve, reject) => {
          const worker = new Worker(racer, { workerData: { path: database.name, actor, runs } })
          worker.on('message', resolve)
          worker.on('error', reject)
        }),
    ),
  )
  expect(won.reduce((sum, count) => sum + count)).toBe(120)
  for (const id of runs) {
    expect(listChanges(database, id).map(({ to_state }) => to_state)).toEqual([
      'draft',
      'queued',
      'preparing',
      'cancelled',
    ])
  }
})
