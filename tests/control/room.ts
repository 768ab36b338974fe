import { EventEmitter, once as onceEvent } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { readConfig } from '../../src/config.ts'
import type { Context } from '../../src/control/context.ts'
import { draftRun } from '../../src/control/draft/draft.ts'
import { idle } from '../../src/control/tasks.ts'
import type { Timing } from '../../src/control/timing.ts'
import { localHost } from '../../src/hosts/local.ts'
import { superviseWithSh } from '../../src/hosts/supervision.ts'
import type { Host } from '../../src/hosts/host.ts'
import { openDatabase } from '../../storage/database.ts'
import { getRun, listRuns, type Run } from '../../storage/runs.ts'

export type Engine =
  `train-${'quick' | 'forever' | 'then-oom' | 'silent' | 'then-fail' | 'stubborn' | 'odd' | 'lingering' | 'obedient' | 'resumable' | 'spoiled'}`

export const fixture = (name: string) => fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))

export const HASTY: Partial<Timing> = { lookEvery: 100, leastSilence: 500, vanished: 300, grace: 500, leave: 500 }

export interface Room {
  context: Context
  folder: string
  /** Lines that the log got, as objects. */
  logged: { level: number; msg: string }[]
  /** A draft, ready to launch. */
  draft: () => Run
  /** Resolves when the run's record satisfies `is`. */
  until: (id: number, is: (run: Run) => boolean) => Promise<Run>
  /** Ends the context as a process does that is asked to go; engines go on. */
  leave: () => Promise<void>
  /** Ends everything, engines too. */
  clear: () => Promise<void>
}

/** A control with a real record and a real host in a temporary folder. */
export function openRoom({
  engine = 'train-quick',
  env = {},
  maxRuns = 1,
  timing = HASTY,
  folder = mkdtempSync(join(tmpdir(), 'finetune-control-')),
  host = localHost({
    engine: { command: process.execPath, args: [fixture(engine)] },
    env: { ...process.env, ...env },
  }),
}: {
  engine?: Engine
  env?: Record<string, string>
  maxRuns?: number
  timing?: Partial<Timing>
  folder?: string
  host?: Host
} = {}): Room {
  const config = readConfig({ HF_HUB_OFFLINE: '1', FINETUNE_DATA: folder, FINETUNE_MAX_RUNS: String(maxRuns) })
  const leaving = new AbortController()
  const logged: Room['logged'] = []
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line) as Room['logged'][number]) })
  const changes: Context['changes'] = new EventEmitter()
  const database = openDatabase(config.databasePath)
  const context: Context = { config, database, host, log, changes, signal: leaving.signal, timing }
  const leave = async () => {
    leaving.abort()
    await idle(context)
  }
  return {
    context,
    folder,
    logged,
    draft: () =>
      draftRun(context, {
        model: 'builtin/encoder',
        dataset: 'builtin/emails',
        args: {},
        guild_id: 'guild',
        channel_id: 'channel',
        created_by: 'alice',
      }),
    until: async (id, is) => {
      for (;;) {
        const run = getRun(database, id)
        if (is(run)) return run
        await onceEvent(changes, 'run', { signal: AbortSignal.timeout(15_000) })
      }
    },
    leave,
    clear: async () => {
      await leave()
      for (const { folder } of listRuns(database, { limit: 1_000 })) {
        if (folder === null || !existsSync(join(folder, 'started'))) continue
        await host.signal({ folder, signal: 'SIGKILL' })
        // The watcher has written its last file once the lock is free.
        while (await superviseWithSh.lockIsHeld(folder)) await pause(20)
      }
      database.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** How many engine processes ever ran in the folder of a run. */
export function enginesOf(run: Run): number {
  return readFileSync(join(String(run.folder), 'engines.txt'), 'utf8')
    .trim()
    .split('\n').length
}
