import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { followRun } from '../../src/control/follow/follow.ts'
import { launchRun } from '../../src/control/run/launch.ts'
import { hasEnded } from '../../src/run/state.ts'
import { localHost } from '../../src/hosts/local.ts'
import { listEvents, readView } from '../../storage/events.ts'
import { listChanges } from '../../storage/changes.ts'
import { getRun, type Run } from '../../storage/runs.ts'
import { type Engine, fixture, HASTY, openRoom, type Room } from './room.ts'

let room: Room
afterEach(() => room.clear())

async function launch(engine: Engine, options: Parameters<typeof openRoom>[0] = {}): Promise<number> {
  room = openRoom({ engine, ...options })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  return id
}

const started = (run: Run) =>
  JSON.parse(readFileSync(join(String(run.folder), 'started'), 'utf8')) as { pid: number; supervisor: number }
const states = (id: number) => listChanges(room.context.database, id).map(({ to_state }) => to_state)

test('what a reader must bear: torn lines, no JSON, types from the future, phases that go back', async () => {
  const id = await launch('train-odd')
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.state).toBe('completed')
  const events = listEvents(room.context.database, id)
  expect(events.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  const view = readView(room.context.database, id)
  expect(view.warnings.map(({ message }) => message)).toEqual(['größer — 損失 🤗', 'é'])
  expect(view.unknown.map(({ raw }) => raw)).toEqual([
    { seq: 6, at: '2026-01-01T00:00:00Z', type: 'hologram', size: 3 },
  ])
  expect(room.logged.map(({ msg }) => msg)).toEqual(['a line of events.jsonl is no event'])
  expect(run.events_offset).toBe(readFileSync(join(String(run.folder), 'events.jsonl')).length)
})

test('an engine that is killed without a word: failed, with the signal', async () => {
  const id = await launch('train-then-oom')
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toMatchObject({ is: 'failed', exitCode: null, signal: 'SIGKILL', step: 3 })
  expect(run.ending).toHaveProperty('message', expect.stringContaining('ran out of memory'))
  expect(listChanges(room.context.database, id).at(-1)).toMatchObject({ actor: 'supervisor', to_state: 'failed' })
})

test('an engine that says why it failed: its words and its exit code', async () => {
  const id = await launch('train-then-fail')
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toMatchObject({
    is: 'failed',
    exitCode: 3,
    signal: null,
    message: 'Expected at least 2 labels, got 1.',
    step: 2,
  })
})

test('an engine that is not there: failed, with code 127', async () => {
  const host = localHost({ engine: { command: '/no/such/engine', args: [] } })
  const id = await launch('train-quick', { host })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toMatchObject({ is: 'failed', exitCode: 127 })
})

test('silent for much longer than promised: lost; it speaks again: found', async () => {
  const id = await launch('train-silent')
  const lost = await room.until(id, ({ state }) => state === 'lost')
  expect(listChanges(room.context.database, id).at(-1)?.reason).toMatch(/lives, but has said nothing/)
  writeFileSync(join(String(lost.folder), 'wake'), '')
  await room.until(id, ({ state }) => state === 'running')
  expect(readView(room.context.database, id).step).toBe(3)
  writeFileSync(join(String(lost.folder), 'finish'), '')
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.state).toBe('completed')
})

test('engine and supervisor both gone: lost, and failed when it stays that way', async () => {
  const id = await launch('train-forever')
  const run = await room.until(id, ({ state }) => state === 'running')
  const { pid, supervisor } = started(run)
  process.kill(supervisor, 'SIGKILL')
  process.kill(-pid, 'SIGKILL')
  const ended = await room.until(id, ({ state }) => hasEnded(state))
  expect(states(id).slice(-2)).toEqual(['lost', 'failed'])
  expect(ended.ending).toMatchObject({
    exitCode: null,
    signal: null,
    message: expect.stringMatching(/nobody saw/) as string,
  })
})

test('a supervisor that is killed is no loss while the engine speaks', async () => {
  // Two busy cores may keep it silent for a moment: it is not for that that it would be lost here.
  const timing = { ...HASTY, leastSilence: 60_000 }
  const id = await launch('train-quick', { env: { TRAIN_PAUSE_MS: '30' }, timing })
  const run = await room.until(id, ({ state }) => state === 'running')
  process.kill(started(run).supervisor, 'SIGKILL')
  const ended = await room.until(id, ({ state }) => hasEnded(state))
  expect(ended.state).toBe('completed')
  expect(states(id)).not.toContain('lost')
})

test('events that were written just before a kill are all stored', async () => {
  const id = await launch('train-quick', { env: { TRAIN_STEPS: '2000', TRAIN_PAUSE_MS: '1' } })
  const run = await room.until(id, ({ events_offset }) => events_offset > 20_000)
  process.kill(-started(run).pid, 'SIGKILL')
  const ended = await room.until(id, ({ state }) => hasEnded(state))
  const written = readFileSync(join(String(run.folder), 'events.jsonl'), 'utf8')
    .trim()
    .split('\n')
  expect(listEvents(room.context.database, id)).toHaveLength(written.length)
  expect(ended.ending).toMatchObject({ signal: 'SIGKILL' })
})

test('asking twice follows once', async () => {
  const id = await launch('train-forever')
  await room.until(id, ({ state }) => state === 'running')
  expect(followRun(room.context, id)).toBe(followRun(room.context, id))
})

test('a listener that throws does not end the story', async () => {
  room = openRoom({ engine: 'train-quick' })
  const { id } = room.draft()
  const bad = () => {
    throw new Error('bad listener')
  }
  room.context.changes.prependListener('run', bad)
  await launchRun(room.context, { id, actor: 'alice' })
  while (!hasEnded(getRun(room.context.database, id).state)) await new Promise((resolve) => setTimeout(resolve, 20))
  room.context.changes.off('run', bad)
  expect(room.logged.some(({ msg }) => msg === 'a listener failed')).toBe(true)
  expect(readView(room.context.database, id).end?.type).toBe('done')
})

test('a host that cannot be read: lost after a while, and found when it can', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-forever')] } })
  let away = false
  const host: typeof real = {
    ...real,
    follow: async function* (options) {
      for await (const chunk of real.follow(options)) {
        if (away) throw new Error('connection lost')
        yield chunk
      }
    },
    fate: async (options) => {
      if (away) throw new Error('connection lost')
      return await real.fate(options)
    },
  }
  const id = await launch('train-forever', { host, timing: { lookEvery: 100, retryFirst: 50, retryLast: 100 } })
  await room.until(id, ({ state }) => state === 'running')
  away = true
  await room.until(id, ({ state }) => state === 'lost')
  away = false
  const run = await room.until(id, ({ state }) => state === 'running')
  const events = listEvents(room.context.database, id)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(run.state).toBe('running')
})

test('a host that does not answer once is asked again, and nobody is alarmed', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-quick')] } })
  let failures = 0
  const host: typeof real = {
    ...real,
    follow: (options) => {
      if (failures++ === 0) throw new Error('connection lost')
      return real.follow(options)
    },
  }
  const id = await launch('train-quick', { host, timing: { ...HASTY, leastSilence: 60_000, retryFirst: 20 } })
  expect((await room.until(id, ({ state }) => hasEnded(state))).state).toBe('completed')
  expect(room.logged.filter(({ msg }) => msg === 'a run cannot be followed, trying again')).toHaveLength(1)
  expect(states(id)).not.toContain('lost')
})

test('events.jsonl that was cut short is not read again from the start', async () => {
  const id = await launch('train-silent', { timing: { lookEvery: 100, leastSilence: 60_000, retryFirst: 20 } })
  const run = await room.until(id, ({ events_offset, state }) => state === 'running' && events_offset > 500)
  const path = join(String(run.folder), 'events.jsonl')
  const before = listEvents(room.context.database, id).length
  rmSync(path)
  appendFileSync(path, '{"seq":1}\n')
  await room.until(id, ({ state }) => state === 'lost')
  expect(listEvents(room.context.database, id)).toHaveLength(before)
})

test('what was written between the last look and the end is stored', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-quick')] } })
  const host: typeof real = {
    ...real,
    // Hears nothing of events.jsonl until it is told to go, as over a line that is cut.
    follow: (options) => real.follow({ ...options, file: options.file === 'events.jsonl' ? 'nothing' : options.file }),
  }
  const id = await launch('train-quick', { host })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.state).toBe('completed')
  expect(readView(room.context.database, id).logs).toHaveLength(20)
})

test('two that follow one run: every event once, and when one leaves the other goes on', async () => {
  const env = { TRAIN_STEPS: '150', TRAIN_PAUSE_MS: '10' }
  const id = await launch('train-quick', { env })
  const other = openRoom({ engine: 'train-quick', env, folder: room.folder })
  const [here, there] = [followRun(room.context, id), followRun(other.context, id)]
  await room.until(id, ({ events_offset }) => events_offset > 5_000)
  await room.leave()
  await here
  const run = await other.until(id, ({ state }) => hasEnded(state))
  await there
  expect(run.state).toBe('completed')
  const events = listEvents(other.context.database, id)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  expect(readView(other.context.database, id).logs).toHaveLength(150)
  await other.leave()
  other.context.database.close()
})
