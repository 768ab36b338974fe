import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Database, Sqlite } from '../src/sqlite.ts'
import { UserError } from '../src/user-error.ts'

export type { Database }

const MIGRATIONS = new URL('migrations/', import.meta.url)

/** Opens the record, making or migrating it first. Throws when the file was written by a newer version. */
export function openDatabase(path: string): Database {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new Sqlite(path)
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = NORMAL')
  database.pragma('foreign_keys = ON')
  database.pragma('busy_timeout = 5000')
  migrate(database)
  return database
}

/**
 * Runs the migrations that are not in yet, each in its own transaction; `user_version` counts them. It is read inside
 * the transaction, so that two processes that open a new database at once do not both make it.
 */
function migrate(database: Database): void {
  const files = readdirSync(MIGRATIONS)
    .filter((name) => name.endsWith('.sql'))
    .sort()
  const version = () => database.pragma('user_version', { simple: true }) as number
  if (version() > files.length) {
    const message = `Expected a database of at most version ${files.length}, got version ${version()}: it was written by a newer finetune.`
    database.close()
    throw new UserError(message, 'Update, or set FINETUNE_DATA to another folder.')
  }
  for (const [index, file] of files.entries()) {
    database
      .transaction(() => {
        if (version() > index) return
        database.exec(readFileSync(new URL(file, MIGRATIONS), 'utf8'))
        database.pragma(`user_version = ${index + 1}`)
      })
      .immediate()
  }
}
