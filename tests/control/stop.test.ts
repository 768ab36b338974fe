import { EventEmitter, once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { launchRun } from '../../src/control/run/launch.ts'
import { stopRun } from '../../src/control/run/stop.ts'
import { localHost } from '../../src/hosts/local.ts'
import { hasEnded } from '../../src/run/state.ts'
import { listChanges } from '../../storage/changes.ts'
import { getRun } from '../../storage/runs.ts'
import { type Engine, fixture, openRoom, type Room } from './room.ts'

let room: Room
afterEach(() => room.clear())

async function running(engine: Engine): Promise<number> {
  room = openRoom({ engine })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  await room.until(id, ({ state }) => state === 'running')
  return id
}
const reasons = (id: number) =>
  listChanges(room.context.database, id).flatMap(({ actor, reason }) => (reason ? [`${actor}: ${reason}`] : []))

test('stop and save: the engine saves and says so, and who asked is kept', async () => {
  const id = await running('train-forever')
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'save' })).toEqual({ is: 'asked' })
  expect(await stopRun(room.context, { id, actor: 'carol', how: 'save' })).toEqual({ is: 'asked-before', by: 'bob' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run).toMatchObject({ state: 'stopped', stop_by: 'bob', stop_how: 'save' })
  expect(run.ending).toMatchObject({
    is: 'stopped',
    by: 'bob',
    checkpoint: expect.stringMatching(/^checkpoint-/) as string,
  })
  expect(JSON.parse(readFileSync(join(String(run.folder), 'stop.json'), 'utf8'))).toEqual({ by: 'bob' })
  expect(reasons(id)).toEqual(['bob: asked to stop and save'])
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'now' })).toEqual({ is: 'not-running', state: 'stopped' })
})

test('stop now: cancelled by whoever asked, although the engine says nothing', async () => {
  const id = await running('train-forever')
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'now' })).toEqual({ is: 'ending' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toEqual({ is: 'cancelled', by: 'bob' })
  expect(reasons(id)).toEqual(['bob: asked to stop now', 'bob: sent SIGTERM'])
})

test('stop now, and the engine saves in the time it has: stopped, by whoever asked', async () => {
  const id = await running('train-obedient')
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'now' })).toEqual({ is: 'ending' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toMatchObject({ is: 'stopped', by: 'bob' })
})

test('asked to save and killed before it could: that is a failure, and nobody ended it', async () => {
  const id = await running('train-stubborn')
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'save' })).toEqual({ is: 'asked' })
  const folder = String(getRun(room.context.database, id).folder)
  await room.context.host.signal({ folder, signal: 'SIGKILL' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toMatchObject({ is: 'failed', signal: 'SIGKILL' })
})

test('an engine that ignores both is killed, step by step in the record', async () => {
  const id = await running('train-stubborn')
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'save' })).toEqual({ is: 'asked' })
  expect(await stopRun(room.context, { id, actor: 'carol', how: 'now' })).toEqual({ is: 'ending' })
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'save' })).toEqual({ is: 'asked-before', by: 'carol' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toEqual({ is: 'cancelled', by: 'carol' })
  expect(reasons(id)).toEqual([
    'bob: asked to stop and save',
    'carol: asked to stop now',
    'carol: sent SIGTERM',
    'carol: sent SIGKILL',
  ])
  expect(readFileSync(join(String(run.folder), 'engine.log'), 'utf8')).toContain('no')
})

test('a run in the queue is cancelled and never starts', async () => {
  const first = await running('train-forever')
  const { id } = room.draft()
  expect(await launchRun(room.context, { id, actor: 'alice' })).toBe('queued')
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'save' })).toEqual({ is: 'cancelled' })
  await stopRun(room.context, { id: first, actor: 'alice', how: 'now' })
  await room.until(first, ({ state }) => hasEnded(state))
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run).toMatchObject({ state: 'cancelled', ending: { is: 'cancelled', by: 'bob' }, folder: null, launch: null })
})

test.each(['prepare', 'start'] as const)(
  'stopped while the host is busy with %s: no engine is left',
  async (moment) => {
    const real = localHost({ engine: { command: process.execPath, args: [fixture('train-forever')] } })
    const gate = new EventEmitter()
    const reached = once(gate, 'reached')
    const waitHere = async () => {
      const opened = once(gate, 'open')
      gate.emit('reached')
      await opened
    }
    const started: string[] = []
    const host: typeof real = {
      ...real,
      prepare: async (options) => {
        await real.prepare(options)
        if (moment === 'prepare') await waitHere()
      },
      start: async (options) => {
        if (moment === 'start') await waitHere()
        started.push(options.launch)
        await real.start(options)
      },
    }
    room = openRoom({ host })
    const { id } = room.draft()
    const launching = launchRun(room.context, { id, actor: 'alice' })
    await reached
    expect(await stopRun(room.context, { id, actor: 'bob', how: 'now' })).toEqual({ is: 'cancelled' })
    gate.emit('open')
    await launching
    expect(started).toHaveLength(moment === 'prepare' ? 0 : 1)
    const folder = String(getRun(room.context.database, id).folder)
    while ((await host.fate({ folder })).is === 'running') await sleep(20)
    expect(getRun(room.context.database, id).ending).toEqual({ is: 'cancelled', by: 'bob' })
  },
)

test('a draft and a run that is not there', async () => {
  room = openRoom()
  const { id } = room.draft()
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'now' })).toEqual({ is: 'not-running', state: 'draft' })
  await expect(stopRun(room.context, { id: 99, actor: 'bob', how: 'now' })).rejects.toThrow('There is no run #99.')
})
