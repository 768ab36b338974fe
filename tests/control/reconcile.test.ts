import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, rmSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { reconcile } from '../../src/control/follow/reconcile.ts'
import { hasEnded } from '../../src/run/state.ts'
import { listChanges } from '../../storage/changes.ts'
import { askToStop, transition } from '../../storage/moves.ts'
import { getRun } from '../../storage/runs.ts'
import { listEvents } from '../../storage/events.ts'
import { enginesOf, openRoom, type Room } from './room.ts'

const BOT = fileURLToPath(new URL('../fixtures/bot.ts', import.meta.url))

let folder: string
let room: Room
const bots: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-bot-'))
  room = openRoom({ folder, engine: 'train-quick' })
})
afterEach(async () => {
  for (const bot of bots.splice(0)) bot.kill('SIGKILL')
  await room.clear()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Starts a bot process; `says` resolves with the next line that has what is asked for. */
function startBot(engine: string, env: Record<string, string> = {}) {
  const bot = spawn(process.execPath, ['--import', 'tsx', BOT, folder, engine, JSON.stringify(env)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  bots.push(bot)
  let heard = ''
  let read = 0
  bot.stdout.on('data', (text: Buffer) => (heard += text.toString()))
  return {
    tell: (line: string) => bot.stdin.write(`${line}\n`),
    says: async (is: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> => {
      const until = Date.now() + 20_000
      while (Date.now() < until) {
        const lines = heard.split('\n')
        while (read < lines.length - 1) {
          const line = JSON.parse(String(lines[read++])) as Record<string, unknown>
          if (is(line)) return line
        }
        await sleep(5)
      }
      throw new Error(`Expected the bot to say something else than ${heard}`)
    },
    kill: async () => {
      const closed = new Promise((resolve) => bot.once('close', resolve))
      bot.kill('SIGKILL')
      await closed
    },
  }
}

test('kill -9 of the bot in the middle, again and again: no event lost, none twice, no second engine', async () => {
  const env = { TRAIN_STEPS: '300', TRAIN_PAUSE_MS: '10' }
  let bot = startBot('train-quick', env)
  bot.tell('draft')
  const { draft } = await bot.says(({ draft }) => draft !== undefined)
  const id = Number(draft)
  bot.tell(`launch ${id}`)
  let offset = 0
  for (let kills = 0; kills < 3; kills += 1) {
    await bot.says(({ events_offset }) => Number(events_offset) > offset)
    await bot.kill()
    const run = getRun(room.context.database, id)
    expect(run.state).not.toBe('completed')
    offset = run.events_offset
    bot = startBot('train-quick', env)
    bot.tell('reconcile')
  }
  await bot.says(({ state }) => state === 'completed')
  const run = getRun(room.context.database, id)
  expect(enginesOf(run)).toBe(1)
  const written = readFileSync(join(String(run.folder), 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
  expect(listEvents(room.context.database, id)).toEqual(written.map((line) => JSON.parse(line) as unknown))
  expect(run.ending?.is).toBe('completed')
  expect(listChanges(room.context.database, id).filter(({ to_state }) => to_state === 'completed')).toHaveLength(1)
})

test('kill -9 of the bot while it launches: whatever was done, one engine runs in the end', async () => {
  for (const wait of [0, 5, 15, 40]) {
    const bot = startBot('train-quick')
    bot.tell('draft')
    const { draft } = await bot.says(({ draft }) => draft !== undefined)
    const id = Number(draft)
    bot.tell(`launch ${id}`)
    await bot.says(({ state }) => state === 'queued')
    await sleep(wait)
    await bot.kill()
    const next = startBot('train-quick')
    await next.says(({ ready }) => ready === true)
    for (let tries = 0; tries < 500 && !hasEnded(getRun(room.context.database, id).state); tries += 1) await sleep(20)
    const run = getRun(room.context.database, id)
    expect(run.state).toBe('completed')
    expect(enginesOf(run)).toBe(1)
    await next.kill()
  }
})

/** A run whose record says that it was given a place, as after a crash right behind that. */
function claimed(): number {
  const { database, config } = room.context
  const { id } = room.draft()
  const launch = `launch-${id}`
  transition(database, { id, from: 'draft', to: 'queued', actor: 'alice' })
  const set = { launch, folder: join(config.runsFolder, String(id)) }
  transition(database, { id, from: 'queued', to: 'preparing', actor: 'bot', set })
  return id
}

test('a launch that was stored and never started is started, with that launch', async () => {
  const id = claimed()
  await Promise.all([reconcile(room.context), reconcile(room.context)])
  await reconcile(room.context)
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run).toMatchObject({ state: 'completed', launch: `launch-${id}` })
  expect(enginesOf(run)).toBe(1)
  const started = JSON.parse(readFileSync(join(String(run.folder), 'started'), 'utf8')) as { launch: string }
  expect(started.launch).toBe(`launch-${id}`)
})

test('a run that waits in the queue is started', async () => {
  const { id } = room.draft()
  transition(room.context.database, { id, from: 'draft', to: 'queued', actor: 'alice' })
  await reconcile(room.context)
  expect((await room.until(id, ({ state }) => hasEnded(state))).state).toBe('completed')
})

test('a launch that was stored, never started and asked to stop is cancelled', async () => {
  for (const how of ['save', 'now'] as const) {
    const id = claimed()
    askToStop(room.context.database, { id, actor: 'bob', how })
    await reconcile(room.context)
    expect(getRun(room.context.database, id).ending).toEqual({ is: 'cancelled', by: 'bob' })
  }
})

test('a run that ended while nobody looked ends in the record, and the queue goes on', async () => {
  const bot = startBot('train-quick', { TRAIN_STEPS: '40', TRAIN_PAUSE_MS: '10' })
  bot.tell('draft')
  bot.tell('draft')
  await bot.says(({ draft }) => draft === 2)
  bot.tell('launch 1')
  bot.tell('launch 2')
  await bot.says(({ run, state }) => run === 1 && state === 'running')
  await bot.kill()
  const { folder } = getRun(room.context.database, 1)
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await room.context.host.fate({ folder: String(folder) })).is === 'ended') break
    await sleep(20)
  }
  await reconcile(room.context)
  expect((await room.until(1, ({ state }) => hasEnded(state))).state).toBe('completed')
  expect((await room.until(2, ({ state }) => hasEnded(state))).state).toBe('completed')
})

test('a stop that was asked for and not carried out is carried out', async () => {
  const bot = startBot('train-forever')
  bot.tell('draft')
  await bot.says(({ draft }) => draft === 1)
  bot.tell('launch 1')
  await bot.says(({ state }) => state === 'running')
  await bot.kill()
  askToStop(room.context.database, { id: 1, actor: 'bob', how: 'save' })
  await reconcile(room.context)
  const run = await room.until(1, ({ state }) => hasEnded(state))
  expect(run.ending).toMatchObject({ is: 'stopped', by: 'bob' })
})

test('one run that cannot be taken up does not hold up the others', async () => {
  const broken = claimed()
  const good = claimed()
  const { folder } = getRun(room.context.database, broken)
  await room.context.host.prepare({
    folder: String(folder),
    files: { started: 'this is not what a supervisor writes' },
  })
  await reconcile(room.context)
  expect((await room.until(good, ({ state }) => hasEnded(state))).state).toBe('completed')
  expect(getRun(room.context.database, broken).state).toBe('preparing')
  rmSync(join(String(folder), 'started'))
})
