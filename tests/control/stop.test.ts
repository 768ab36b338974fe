import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { launchRun } from '../../src/control/launch.ts'
import { stopRun } from '../../src/control/stop.ts'
import { hasEnded } from '../../src/run/state.ts'
import { listChanges } from '../../storage/runs.ts'
import { type Engine, enginesOf, openRoom, type Room } from './room.ts'

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

test('stopped in the moment it starts: no engine is left', async () => {
  room = openRoom({ engine: 'train-forever' })
  const { id } = room.draft()
  const launching = launchRun(room.context, { id, actor: 'alice' })
  await room.until(id, ({ state }) => state === 'preparing')
  await stopRun(room.context, { id, actor: 'bob', how: 'now' })
  await launching
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toEqual({ is: 'cancelled', by: 'bob' })
  const { host } = room.context
  for (let tries = 0; tries < 500; tries += 1) {
    if ((await host.fate({ folder: String(run.folder) })).is !== 'running') return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  expect(enginesOf(run)).toBe(0)
})

test('a draft and a run that is not there', async () => {
  room = openRoom()
  const { id } = room.draft()
  expect(await stopRun(room.context, { id, actor: 'bob', how: 'now' })).toEqual({ is: 'not-running', state: 'draft' })
  await expect(stopRun(room.context, { id: 99, actor: 'bob', how: 'now' })).rejects.toThrow('There is no run #99.')
})
