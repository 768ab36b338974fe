import { accessSync, constants, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Sqlite } from '../sqlite.ts'
import { UserError } from '../user-error.ts'

/** A bot that was asked to go may take a moment. */
const PATIENCE_MS = 2000

/**
 * Makes the data folder, and takes it for one bot: two would say everything twice. `release` gives it back, and so does
 * the end of the process, whatever ends it: the lock is the operating system's, on `bot.lock`. Throws UserError.
 */
export function takeDataFolder(folder: string): { release: () => void } {
  makeDataFolder(folder)
  const lock = new Sqlite(join(folder, 'bot.lock'), { timeout: PATIENCE_MS })
  try {
    lock.exec('BEGIN EXCLUSIVE')
  } catch (error) {
    lock.close()
    if (!isBusy(error)) throw error
    throw new UserError(`Another bot works in ${folder}.`, 'End it first, or set FINETUNE_DATA to another folder.')
  }
  return { release: () => lock.close() }
}

/** Makes the folder where it is missing. Throws UserError where it cannot be made or written. */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true })
    accessSync(folder, constants.W_OK)
  } catch (error) {
    throw new UserError(
      `The data folder ${folder} cannot be written: ${(error as Error).message}.`,
      'Set FINETUNE_DATA to a folder that you may write.',
    )
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code === 'SQLITE_BUSY'
}
