import { afterEach, beforeEach, expect, test } from 'vitest'
import { buildSpec } from '../../src/run/spec.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import { findMessage, forgetMessage, listMessages, planMessage, sentMessage } from '../../storage/messages.ts'
import { createDraft } from '../../storage/runs.ts'

let database: Database
let run_id: number
beforeEach(() => {
  database = openDatabase(':memory:')
  const spec = buildSpec({ model: 'm', dataset: 'd', args: {} })
  run_id = createDraft(database, { spec, host: 'h', guild_id: 'g', channel_id: 'c', created_by: 'alice' }).id
})
afterEach(() => database.close())

test('a message is planned, sent and found again; the plan of the same thing has the same nonce', () => {
  expect(findMessage(database, { run_id, key: 'status' })).toBeNull()
  const plan = planMessage(database, { run_id, key: 'status', channel_id: 't' })
  expect(plan.message_id).toBeNull()
  expect(plan.nonce.length).toBeLessThanOrEqual(25)
  expect(planMessage(database, { run_id, key: 'status', channel_id: 't' }).nonce).toBe(plan.nonce)
  expect(planMessage(database, { run_id, key: 'eval:1', channel_id: 't' }).nonce).not.toBe(plan.nonce)
  expect(planMessage(database, { run_id, key: 'status', channel_id: 'u' })).toMatchObject({ channel_id: 'u' })
  sentMessage(database, { run_id, key: 'status', message_id: 'm' })
  expect(findMessage(database, { run_id, key: 'status' })?.message_id).toBe('m')
})

test('what was sent is not planned again, until it is forgotten', () => {
  planMessage(database, { run_id, key: 'status', channel_id: 't' })
  sentMessage(database, { run_id, key: 'status', message_id: 'm' })
  expect(planMessage(database, { run_id, key: 'status', channel_id: 'u' })).toMatchObject({
    channel_id: 't',
    message_id: 'm',
  })
  forgetMessage(database, { run_id, key: 'status' })
  expect(planMessage(database, { run_id, key: 'status', channel_id: 'u' }).message_id).toBeNull()
  expect(listMessages(database, run_id)).toHaveLength(1)
})

test('a message belongs to a run that exists', () => {
  expect(() => planMessage(database, { run_id: 99, key: 'status', channel_id: 't' })).toThrow(/FOREIGN KEY/)
})
