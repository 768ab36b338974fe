import { EventEmitter } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { TABLE } from '../../commands/index.ts'
import type { Bot } from '../../src/bot/bot.ts'
import { startBot } from '../../src/bot/start.ts'
import { readConfig } from '../../src/config.ts'
import type { Table } from '../../src/bot/table.ts'
import type { Context } from '../../src/control/context.ts'
import { idle } from '../../src/control/tasks.ts'
import type { Timing } from '../../src/control/timing.ts'
import { localHost } from '../../src/hosts/local.ts'
import { type Playground, startPlayground } from '../../src/playground/server/playground.ts'
import { openDatabase } from '../../storage/database.ts'
import { listLive } from '../../storage/runs.ts'
import { canary, checkSaid } from '../setup/canary-search.ts'

export interface World {
  discord: Playground
  bot: Bot
  context: Context
  folder: string
  /** What the bot logged as a warning or worse. */
  complaints: { msg: string; level: number }[]
  /** Ends the bot as a process that is asked to go; the playground and engines stay. */
  leave: () => Promise<void>
  /** A new bot on the same record and the same Discord. */
  comeBack: () => Promise<void>
  /** Ends everything, engines too. */
  clear: () => Promise<void>
}

/** Drafts a run on the tiny dataset as Alice and waits for its checks. */
export async function draft(world: World, options: Record<string, string> = {}): Promise<void> {
  const alice = world.discord.as('alice')
  await alice.command('finetune start', { dataset: TINY, ...options })
  await alice.waitFor(/\d+ steps?, /, { timeout: 20_000 })
}

const HASTY: Partial<Timing> = { lookEvery: 200, grace: 500, leave: 500 }

/** A playground and the real bot on it, with an engine of tests/fixtures, over real sockets, files and processes. */
export async function openWorld({
  engine = 'train-quick',
  engineCommand = { command: process.execPath, args: [fixture(engine)] },
  env = {},
  table = TABLE,
  config: more = {},
}: {
  engine?: string
  table?: Table
  engineCommand?: { command: string; args: string[] }
  env?: Record<string, string>
  config?: Record<string, string>
} = {}): Promise<World> {
  const discord = await startPlayground({ rateLimits: false })
  const folder = mkdtempSync(join(tmpdir(), 'finetune-bot-'))
  const config = readConfig({
    FINETUNE_DATA: folder,
    // No test asks a Hub but the one that it starts.
    HF_HUB_OFFLINE: '1',
    HF_HOME: folder,
    FINETUNE_EDIT_INTERVAL_MS: '150',
    DISCORD_TOKEN: discord.token,
    DISCORD_API_URL: discord.api,
    // Every bot has the canary, but where a test brings a Hub that need not know it.
    ...(more['HF_ENDPOINT'] === undefined ? { HF_TOKEN: canary() } : {}),
    ...more,
  })
  mkdirSync(config.datasetsFolder, { recursive: true })
  writeFileSync(join(config.datasetsFolder, TINY), tinyRows())
  const host = localHost({ engine: engineCommand, env: { ...process.env, ...env } })
  const complaints: World['complaints'] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => complaints.push(JSON.parse(line) as never) })

  const open = async () => {
    const leaving = new AbortController()
    const database = openDatabase(config.databasePath)
    const changes: Context['changes'] = new EventEmitter()
    const context: Context = { config, database, host, log, changes, signal: leaving.signal, timing: HASTY }
    const bot = await startBot(context, table, {
      ws: { buildIdentifyThrottler: () => Promise.resolve({ waitForIdentify: () => Promise.resolve() }) },
      rest: { offset: 0 },
    })
    const leave = async () => {
      leaving.abort()
      await bot.close()
      await idle(context)
      database.close()
    }
    return { context, bot, leave }
  }

  let here = await open()
  const world: World = {
    discord,
    folder,
    complaints,
    get bot() {
      return here.bot
    },
    get context() {
      return here.context
    },
    leave: () => here.leave(),
    comeBack: async () => {
      here = await open()
    },
    clear: async () => {
      const live = here.context.database.open ? listLive(here.context.database) : []
      for (const { folder: of } of live) {
        if (of === null) continue
        await host.signal({ folder: of, signal: 'SIGKILL' })
        // Its supervisor still writes down how it ended, into the folder that is about to go.
        for (let look = 0; look < 100 && (await host.fate({ folder: of })).is === 'running'; look += 1) await sleep(20)
      }
      if (here.context.database.open) await here.leave()
      checkSaid(discord, complaints)
      checkMentions(discord)
      await discord.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
  return world
}

/** Throws when a message or edit of the bot leaves it to Discord whom it pings: every one of them must say it. */
function checkMentions({ log }: Playground): void {
  for (const { method, path, body } of log.requests) {
    const { data, ...own } = (body ?? {}) as Sent & { data?: Sent }
    for (const { components, content, custom_id, allowed_mentions } of [own, data ?? {}]) {
      // A form has components too, and pings nobody.
      const isMessage = (components !== undefined || content !== undefined) && custom_id === undefined
      if (isMessage && JSON.stringify(allowed_mentions?.parse) !== '[]') {
        throw new Error(`${method} ${path} does not say whom it pings.`)
      }
    }
  }
}

interface Sent {
  components?: unknown
  content?: unknown
  custom_id?: unknown
  allowed_mentions?: { parse?: unknown }
}

/** A dataset that is looked through in a moment: 60 rows, two labels. */
export const TINY = 'tiny.csv'

function tinyRows(): string {
  const rows = Array.from({ length: 60 }, (_, index) => `row number ${index},${index % 2 === 0 ? 'ham' : 'spam'}`)
  return `text,label\n${rows.join('\n')}\n`
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}.mjs`, import.meta.url))
}
