import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Database, openDatabase } from '../../storage/database.ts'
import { changeSettings, listSettingsChanges, readSettings } from '../../storage/settings.ts'

let database: Database
beforeEach(() => {
  database = openDatabase(':memory:')
})
afterEach(() => database.close())

const change = (set: Parameters<typeof changeSettings>[1]['set'], over: { guild_id?: string; actor?: string } = {}) =>
  changeSettings(database, { guild_id: 'g', actor: 'root', set, ...over })
const audit = (guild_id = 'g') =>
  listSettingsChanges(database, { guild_id }).map(({ setting, from_value, to_value, actor }) =>
    [setting, from_value, to_value, actor].join(' '),
  )

test('until somebody sets something nobody need approve, and new repositories are private', () => {
  expect(readSettings(database, 'g')).toEqual({
    guild_id: 'g',
    hub_token: null,
    hub_account: null,
    publish_role: null,
    publish_approvals: 0,
    publish_private: true,
  })
})

test('a change keeps the other settings, belongs to one server, and has its actor', () => {
  change({ publish_approvals: 2 })
  change({ publish_private: false, publish_role: '7' }, { actor: 'bob' })
  change({ publish_approvals: 1 }, { guild_id: 'other' })
  expect(readSettings(database, 'g')).toMatchObject({
    publish_approvals: 2,
    publish_private: false,
    publish_role: '7',
  })
  expect(readSettings(database, 'other')).toMatchObject({ publish_approvals: 1, publish_private: true })
  expect(audit()).toEqual(['publish_private true false bob', 'publish_role  7 bob', 'publish_approvals 0 2 root'])
  expect(audit('other')).toEqual(['publish_approvals 0 1 root'])
})

test('what is set to the value that it has is not in the audit', () => {
  change({ publish_approvals: 0, publish_private: true })
  expect(audit()).toEqual([])
})

test('of a token the audit names the account only', () => {
  change({ hub_token: 'v1.ENCRYPTED', hub_account: 'alice' })
  change({ hub_token: 'v1.ANOTHER', hub_account: 'team' })
  change({ hub_token: null, hub_account: null })
  expect(audit()).toEqual(['hub_token team  root', 'hub_token alice team root', 'hub_token  alice root'])
  const rows = JSON.stringify(database.prepare('SELECT * FROM settings_changes').all())
  expect(rows).not.toMatch(/ENCRYPTED|ANOTHER/)
})
