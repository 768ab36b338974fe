import { EventEmitter } from 'node:events'
import { mkdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { type DestinationStream, pino } from 'pino'
import { openDatabase } from '../../storage/database.ts'
import type { Config } from '../config.ts'
import type { Context } from '../control/context.ts'
import { localHost } from '../hosts/local.ts'

const FINETUNE = fileURLToPath(new URL('../finetune.mjs', import.meta.url))

/** Opens everything that a bot works with. The caller owns `signal`; `closeContext` gives the files back. */
export function openContext({
  config,
  signal,
  logTo = process.stdout,
}: {
  config: Config
  signal: AbortSignal
  logTo?: DestinationStream
}): Context {
  for (const folder of [config.runsFolder, config.datasetsFolder, config.modelsFolder, config.cacheFolder]) {
    mkdirSync(folder, { recursive: true })
  }
  return {
    config,
    database: openDatabase(config.databasePath),
    host: localHost({ name: 'this machine', engine: { command: process.execPath, args: [FINETUNE, 'train'] } }),
    log: pino({ level: config.logLevel }, logTo),
    changes: new EventEmitter(),
    signal,
  }
}

/** An AbortSignal that aborts when the process is asked to go (SIGINT, SIGTERM). A second signal ends it at once. */
export function processSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort(name))
  return controller.signal
}
