import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { parseEvent } from '../../src/run/read-event.ts'
import { buildSpec } from '../../src/run/spec.ts'
import { EMPTY_VIEW, foldAll } from '../../src/run/view.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import { appendEvents, listEvents, readView, type StoredLine } from '../../storage/events.ts'
import { createDraft, getRun } from '../../storage/runs.ts'

let folder: string
let database: Database
let run_id: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-storage-'))
  database = openDatabase(join(folder, 'finetune.db'))
  const spec = buildSpec({ model: 'm', dataset: 'd', args: {} })
  run_id = createDraft(database, { spec, host: 'h', guild_id: 'g', channel_id: 'c', created_by: 'alice' }).id
})
afterEach(() => {
  database.close()
  rmSync(folder, { recursive: true, force: true })
})

const line = (event: object): StoredLine => {
  const text = JSON.stringify({ at: '2026-01-01T00:00:00Z', ...event })
  const parsed = parseEvent(text)
  if (!parsed) throw new Error(`Expected an event, got ${text}`)
  return { event: parsed, line: text }
}
const beat = (seq: number) => line({ seq, type: 'heartbeat', step: seq, expect_next_in: 5 })
const append = (from: number, to: number, lines: StoredLine[]) => appendEvents(database, { run_id, from, to, lines })

test('events and their offset are stored together, once', () => {
  expect(append(0, 100, [beat(1), beat(2)])).toBe(true)
  expect(append(0, 100, [beat(1), beat(2)])).toBe(false)
  expect(append(100, 200, [beat(2), beat(3)])).toBe(true)
  expect(getRun(database, run_id).events_offset).toBe(200)
  expect(listEvents(database, run_id).map(({ seq }) => seq)).toEqual([1, 2, 3])
  expect(listEvents(database, run_id, 1).map(({ seq }) => seq)).toEqual([2, 3])
  expect(readView(database, run_id)).toMatchObject({ lastSeq: 3, step: 3 })
})

test('what cannot be stored leaves the offset where it was', () => {
  const broken = { event: { ...beat(1).event, at: null as unknown as string }, line: '{}' }
  expect(() => append(0, 100, [beat(2), broken])).toThrow(/NOT NULL/)
  expect(getRun(database, run_id).events_offset).toBe(0)
  expect(listEvents(database, run_id)).toEqual([])
})

test('an event of an unknown type comes back as it was', () => {
  append(0, 10, [line({ seq: 1, type: 'hologram', size: 3 })])
  expect(listEvents(database, run_id)).toMatchObject([{ type: 'unknown', seq: 1, raw: { type: 'hologram', size: 3 } }])
})

test('two connections that follow one run store each event once', () => {
  const other = openDatabase(database.name)
  const stored = [1, 2, 3, 4].map((seq) =>
    [database, other].map((each) =>
      appendEvents(each, { run_id, from: (seq - 1) * 10, to: seq * 10, lines: [beat(seq)] }),
    ),
  )
  expect(stored).toEqual([1, 2, 3, 4].map(() => [true, false]))
  expect(listEvents(other, run_id)).toHaveLength(4)
  other.close()
})

// Random stories: whatever beats tell and leave out, the view is that of all events.
test('a view is read without most of the heartbeats, and is the same', () => {
  let state = 7
  const chance = (share: number) => (state = (state * 16807) % 2147483647) / 2147483647 < share
  for (let story = 0; story < 20; story++) {
    const spec = buildSpec({ model: 'm', dataset: 'd', args: {} })
    const { id } = createDraft(database, { spec, host: 'h', guild_id: 'g', channel_id: 'c', created_by: 'alice' })
    let step = story % 2 === 0 ? 0 : 40
    const lines = Array.from({ length: 60 }, (_, i) => {
      const seq = i + 1
      if (seq === 3 && step > 0) return line({ seq, type: 'resumed', step, epoch: 0, folder: '/a', refused: [] })
      if (chance(0.2)) return line({ seq, type: 'phase', phase: 'running' })
      if (chance(0.1)) return line({ seq, type: 'log', step, epoch: 0, loss: 1, grad_norm: 1, learning_rate: 1 })
      if (seq > 10 && chance(0.5)) step++
      return line({
        seq,
        at: new Date(Date.UTC(2026, 0, 1, 0, 0, seq)).toISOString(),
        type: 'heartbeat',
        step,
        expect_next_in: 5,
        ...(chance(0.3) && { samples_per_second: seq }),
        ...(chance(0.3) && { memory_bytes: seq }),
        ...(chance(0.1) && { gpu: { utilization: seq, memory_bytes: 1, temperature: null, power_watts: null } }),
      })
    })
    appendEvents(database, { run_id: id, from: 0, to: 1, lines })
    expect(readView(database, id)).toEqual(foldAll(EMPTY_VIEW, listEvents(database, id)))
  }
})
