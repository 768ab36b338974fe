import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Sqlite } from '../../src/sqlite.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { UserError } from '../../src/user-error.ts'
import { openDatabase } from '../../storage/database.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-storage-'))
  path = join(folder, 'deep', 'finetune.db')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a new database is made with its folder, write-ahead log and foreign keys', () => {
  const database = openDatabase(path)
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1)
  expect(database.pragma('user_version', { simple: true })).toBeGreaterThanOrEqual(2)
  database.close()
  openDatabase(path).close()
})

test('a database of an older version is brought up to date, and keeps what it holds', () => {
  mkdirSync(dirname(path), { recursive: true })
  const old = new Sqlite(path)
  old.exec(readFileSync(new URL('../../storage/migrations/001-record.sql', import.meta.url), 'utf8'))
  old.exec(`INSERT INTO runs (id, state, spec, host, guild_id, channel_id, created_by, created_at)
            VALUES (7, 'draft', '{}', 'h', 'g', 'c', 'alice', '2026-01-01')`)
  old.pragma('user_version = 1')
  old.close()
  const database = openDatabase(path)
  expect(database.prepare('SELECT id, created_by, stop_how FROM runs').get()).toEqual({
    id: 7,
    created_by: 'alice',
    stop_how: null,
  })
  database.close()
})

test('a database that is newer than this code is refused and left as it is', () => {
  const database = openDatabase(path)
  const next = (database.pragma('user_version', { simple: true }) as number) + 1
  database.pragma(`user_version = ${next}`)
  database.close()
  expect(() => openDatabase(path)).toThrow(UserError)
  expect(() => openDatabase(path)).toThrow(`version ${next}: it was written by a newer finetune`)
  const same = new Sqlite(path)
  expect(same.pragma('user_version', { simple: true })).toBe(next)
  same.close()
})

test('six processes that open a new database at once all get it', async () => {
  const module = fileURLToPath(new URL('../../storage/database.ts', import.meta.url))
  const program = `
    import { openDatabase } from ${JSON.stringify(module)}
    const database = openDatabase(${JSON.stringify(path)})
    console.log(database.pragma('user_version', { simple: true }))
    database.close()`
  const answers = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program])
      let text = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      await new Promise((resolve) => child.on('close', resolve))
      return text.trim()
    }),
  )
  expect(new Set(answers).size).toBe(1)
  expect(Number(answers[0])).toBeGreaterThanOrEqual(2)
})
