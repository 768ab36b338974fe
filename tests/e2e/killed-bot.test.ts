import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Playground, startPlayground } from '../../src/playground/server/playground.ts'
import { checkSaid } from '../setup/canary-search.ts'
import { openDatabase } from '../../storage/database.ts'
import { listEvents } from '../../storage/events.ts'
import { getRun } from '../../storage/runs.ts'
import { type BotProcess, botProcess } from './bot-process.ts'

let discord: Playground
let folder: string
let bot: BotProcess

afterEach(async () => {
  await bot.kill()
  checkSaid(discord)
  await discord.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

test('kill -9 in the middle of a run, twice: the same card goes on, no event is lost, nothing is said twice', async () => {
  discord = await startPlayground({ rateLimits: false })
  folder = mkdtempSync(join(tmpdir(), 'finetune-killed-'))
  mkdirSync(join(folder, 'datasets'))
  const rows = Array.from({ length: 60 }, (_, index) => `row number ${index},${index % 2 ? 'ham' : 'spam'}`)
  writeFileSync(join(folder, 'datasets/tiny.csv'), `text,label\n${rows.join('\n')}\n`)
  const alice = discord.as('alice')
  bot = botProcess({ discord, folder, env: { FINETUNE_EDIT_INTERVAL_MS: '300' } })

  await bot.start()
  await alice.command('finetune start', {
    dataset: 'tiny.csv',
    args: 'tokens 32, batch 4, 10 epochs, logging_steps 1, save_strategy no',
  })
  await alice.waitFor(/120 steps/, { timeout: 30_000 })
  await bot.kill()

  await bot.start()
  // A button of a card that another process drew.
  await alice.press('Launch')
  await alice.waitFor(/Evaluation at step 12/, { timeout: 60_000 })
  await bot.kill()
  await bot.start()
  await alice.waitFor(/step [3-9]\d\/120|step 1\d\d\/120|finished/, { timeout: 60_000 })
  await bot.kill()
  await bot.start()
  await alice.waitFor(/#1 encoder on tiny\.csv finished/, { timeout: 90_000 })
  await alice.waitFor(/✓ \*\*#1 encoder on tiny\.csv\*\*/, { timeout: 20_000 })
  await alice.waitFor(/completed at step 120\/120/, { timeout: 20_000 })

  const database = openDatabase(join(folder, 'finetune.db'))
  const run = getRun(database, 1)
  const stored = listEvents(database, 1).map(({ seq }) => seq)
  database.close()
  const written = readFileSync(join(String(run.folder), 'events.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
  expect(stored).toEqual(written.map((_, index) => index + 1))
  expect(written.filter((line) => line.includes('"type":"executor"'))).toHaveLength(1)

  const said = alice.messages(String(run.thread_id)).map(({ components }) => JSON.stringify(components))
  const evaluations = said.flatMap((message) => /Evaluation at step (\d+)/.exec(message)?.[1] ?? [])
  expect(evaluations).toEqual(Array.from({ length: 10 }, (_, index) => String((index + 1) * 12)))
  expect(said.filter((message) => message.includes('finished'))).toHaveLength(1)
  // The engine may warn too; nothing at all stands there twice.
  expect(new Set(said).size).toBe(said.length)
  expect(said.filter((message) => message.includes('completed at step'))).toHaveLength(1)
  expect(alice.pings).toHaveLength(1)
}, 240_000)
