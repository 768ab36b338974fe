import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildSpec } from '../../src/run/spec.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import {
  approve,
  createPublish,
  getPublish,
  listApprovals,
  listPublishes,
  movePublish,
} from '../../storage/publishes.ts'
import { createDraft } from '../../storage/runs.ts'

let database: Database
let id: number
beforeEach(() => {
  database = openDatabase(':memory:')
  const spec = buildSpec({ model: 'm', dataset: 'd', args: {} })
  const run = createDraft(database, { spec, host: 'h', guild_id: 'g', channel_id: 'c', created_by: 'alice' })
  const publish = createPublish(database, {
    run_id: run.id,
    repository: 'team/m-d-1',
    private: true,
    account: 'alice',
    problem: null,
    files: [{ path: 'config.json', size: 12 }],
    approvals_needed: 1,
    requested_by: 'alice',
  })
  id = publish.id
})
afterEach(() => database.close())

test('a move is made once, from where it was expected', () => {
  expect(movePublish(database, { id, from: 'draft', to: 'asked', set: { requested_by: 'bob' } })).toBe(true)
  expect(movePublish(database, { id, from: 'draft', to: 'asked' })).toBe(false)
  expect(getPublish(database, id)).toMatchObject({
    state: 'asked',
    requested_by: 'bob',
    repository: 'team/m-d-1',
    private: true,
    files: [{ path: 'config.json', size: 12 }],
    started_at: null,
    ended_at: null,
  })
  expect(movePublish(database, { id, from: ['asked', 'failed'], to: 'uploading' })).toBe(true)
  expect(getPublish(database, id).started_at).not.toBeNull()
  movePublish(database, { id, from: 'uploading', to: 'failed', set: { error: 'e', remedy: 'r' } })
  expect(getPublish(database, id)).toMatchObject({ state: 'failed', error: 'e', remedy: 'r' })
  expect(getPublish(database, id).ended_at).not.toBeNull()
  expect(listPublishes(database, { states: ['failed'] }).map((each) => each.id)).toEqual([id])
  expect(listPublishes(database, { run_id: 1, states: ['draft'] })).toEqual([])
})

test('a person approves once, and approvals go with what they were given for', () => {
  movePublish(database, { id, from: 'draft', to: 'asked' })
  expect(approve(database, { publish_id: id, person: 'bob' })).toBe(true)
  expect(approve(database, { publish_id: id, person: 'bob' })).toBe(false)
  approve(database, { publish_id: id, person: 'carol' }, new Date(Date.now() + 1))
  expect(listApprovals(database, id)).toEqual(['bob', 'carol'])
  movePublish(database, { id, from: 'asked', to: 'draft' })
  expect(listApprovals(database, id)).toEqual([])
})
