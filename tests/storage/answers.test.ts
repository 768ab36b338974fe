import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildSpec } from '../../src/run/spec.ts'
import type { RunState } from '../../src/run/state.ts'
import {
  countFailures,
  findAnswer,
  listObjections,
  object,
  recordAnswer,
  setAnswerCode,
  takeBackObjection,
} from '../../storage/answers.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import { fixThatMade, listTried, recordFix, triedFix } from '../../storage/fixes.ts'
import { transition } from '../../storage/moves.ts'
import { createDraft } from '../../storage/runs.ts'
import { findTaught, forgetTaught, listTaught, recallTaught, teach } from '../../storage/taught.ts'

let database: Database
beforeEach(() => {
  database = openDatabase(':memory:')
})
afterEach(() => database.close())

const spec = buildSpec({ model: 'm', dataset: 'd', args: {} })
const run = (guild_id = 'g') =>
  createDraft(database, { spec, host: 'h', guild_id, channel_id: 'c', created_by: 'alice' }).id
const OOM = { text_hash: 'hash', code: 'FT-OOM-TRAIN', line: 'CUDA out of memory', asked_by: 'bot' }
const answer = (over: Partial<Parameters<typeof recordAnswer>[1]> = {}) =>
  recordAnswer(database, { guild_id: 'g', run_id: null, ...OOM, ...over })

function end(id: number, to: RunState): void {
  transition(database, { id, from: 'draft', to: 'queued', actor: 'alice' })
  transition(database, { id, from: 'queued', to: 'preparing', actor: 'bot' })
  transition(database, { id, from: 'preparing', to, actor: 'engine' })
}

test('a run has one answer, which keeps its number; a text has one each time it is asked about', () => {
  const id = answer({ run_id: run(), code: null })
  expect(answer({ run_id: 1, code: 'HERE-1' })).toBe(id)
  expect(findAnswer(database, { id, guild_id: 'g' })).toMatchObject({ run_id: 1, code: 'HERE-1', asked_by: 'bot' })
  expect(answer()).not.toBe(answer())
  expect(findAnswer(database, { id, guild_id: 'another' })).toBeNull()
  setAnswerCode(database, { id, code: 'HERE-2' })
  expect(findAnswer(database, { id, guild_id: 'g' })?.code).toBe('HERE-2')
})

test('failures are counted by server, and texts that were only asked about are none', () => {
  for (const guild_id of ['g', 'g', 'other']) answer({ guild_id, run_id: run(guild_id) })
  answer()
  expect(countFailures(database, { guild_id: 'g', code: 'FT-OOM-TRAIN' })).toBe(2)
  expect(countFailures(database, { guild_id: 'g', code: 'FT-NCCL' })).toBe(0)
})

test('an objection counts once a person, is found with the same text, and can be taken back', () => {
  const [first, second] = [answer(), answer()]
  expect(object(database, { answer_id: first, person: 'bob' })).toBe(true)
  expect(object(database, { answer_id: first, person: 'bob' })).toBe(false)
  object(database, { answer_id: second, person: 'bob' })
  object(database, { answer_id: second, person: 'root' })
  const same = { guild_id: 'g', text_hash: 'hash', code: 'FT-OOM-TRAIN' }
  expect(listObjections(database, same).sort()).toEqual(['bob', 'root'])
  expect(listObjections(database, { ...same, text_hash: 'another' })).toEqual([])
  expect(listObjections(database, { ...same, guild_id: 'another' })).toEqual([])
  expect(takeBackObjection(database, { answer_id: second, person: 'root' })).toBe(true)
  expect(takeBackObjection(database, { answer_id: second, person: 'root' })).toBe(false)
  expect(listObjections(database, same)).toEqual(['bob'])
})

test('what was tried: the fix that worked most often comes first, runs that are not over say nothing', () => {
  const parent = run()
  const tried = (fix: string, how: RunState | null, guild = 'g') => {
    const child_id = run(guild)
    recordFix(database, { child_id, run_id: parent, code: 'C', fix, change: `${child_id}`, diff: 'd', actor: 'alice' })
    if (how) end(child_id, how)
    return child_id
  }
  const first = tried('batch', 'completed')
  tried('length', 'failed')
  tried('length', null)
  tried('rate', 'completed', 'other')
  const second = tried('batch', 'completed')
  tried('batch', 'failed')
  expect(listTried(database, { guild_id: 'g', code: 'C' })).toEqual([
    { fix: 'batch', worked: [first, second], failed: 1 },
    { fix: 'length', worked: [], failed: 1 },
  ])
  expect(listTried(database, { guild_id: 'g', code: 'D' })).toEqual([])
})

test('the same change of the same run is made once', () => {
  const [parent, child] = [run(), run()]
  const applied = { run_id: parent, code: 'C', fix: 'seed', change: '{"seed":1}', diff: 'seed 42 → 1', actor: 'bob' }
  recordFix(database, { child_id: child, ...applied })
  expect(() => recordFix(database, { child_id: run(), ...applied })).toThrow(/UNIQUE/)
  expect(triedFix(database, { run_id: parent, change: '{"seed":1}' })).toBe(child)
  expect(triedFix(database, { run_id: parent, change: '{"seed":2}' })).toBeNull()
  expect(fixThatMade(database, child)).toMatchObject({ run_id: parent, actor: 'bob', diff: 'seed 42 → 1' })
  expect(fixThatMade(database, parent)).toBeNull()
})

test('what is taught belongs to its server, can be forgotten and taken up again', () => {
  const written = { title: 't', line: 'l', why: 'w', remedy: 'r', taught_by: 'root' }
  const id = teach(database, { guild_id: 'g', ...written })
  teach(database, { guild_id: 'other', ...written })
  expect(listTaught(database, 'g').map((each) => each.id)).toEqual([id])
  expect(findTaught(database, { id, guild_id: 'other' })).toBeNull()
  expect(forgetTaught(database, { id, guild_id: 'other', actor: 'root' })).toBe(false)
  expect(forgetTaught(database, { id, guild_id: 'g', actor: 'ann' })).toBe(true)
  expect(forgetTaught(database, { id, guild_id: 'g', actor: 'bob' })).toBe(false)
  expect(listTaught(database, 'g')).toEqual([])
  expect(findTaught(database, { id, guild_id: 'g' })).toMatchObject({ title: 't', forgotten_by: 'ann' })
  expect(recallTaught(database, { id, guild_id: 'other' })).toBe(false)
  expect(recallTaught(database, { id, guild_id: 'g' })).toBe(true)
  expect(listTaught(database, 'g')).toHaveLength(1)
})
