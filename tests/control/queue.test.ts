import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { launchRun } from '../../src/control/run/launch.ts'
import { queuePosition } from '../../src/control/run/queue.ts'
import { stopRun } from '../../src/control/run/stop.ts'
import { localHost } from '../../src/hosts/local.ts'
import { hasEnded, isLive } from '../../src/run/state.ts'
import { UserError } from '../../src/user-error.ts'
import { getRun, listLive, listRuns } from '../../storage/runs.ts'
import { enginesOf, fixture, openRoom, type Room } from './room.ts'

let room: Room
afterEach(() => room.clear())

test('five runs and two places: two at a time, in the order of launching', async () => {
  room = openRoom({ engine: 'train-quick', maxRuns: 2, env: { TRAIN_PAUSE_MS: '10' } })
  const { context } = room
  let most = 0
  context.changes.on('run', () => {
    most = Math.max(most, listLive(context.database).length)
  })
  const drafts = Array.from({ length: 5 }, () => room.draft().id)
  const order = [drafts[4], drafts[0], drafts[2], drafts[1], drafts[3]].map(Number)
  const answers = []
  for (const id of order) answers.push(await launchRun(context, { id, actor: 'alice' }))
  expect(answers).toEqual(['launched', 'launched', 'queued', 'queued', 'queued'])
  expect(order.map((id) => queuePosition(context, id))).toEqual([null, null, 1, 2, 3])
  for (const id of order) await room.until(id, ({ state }) => hasEnded(state))
  const runs = listRuns(context.database)
  expect(runs.map(({ state }) => state)).toEqual(Array.from({ length: 5 }, () => 'completed'))
  expect(most).toBe(2)
  expect(runs.map(enginesOf)).toEqual([1, 1, 1, 1, 1])
  const startedAt = order.map((id) => String(getRun(context.database, id).started_at))
  expect(startedAt).toEqual([...startedAt].sort())
})

test('a run that cannot be started has failed with the reason, and the next one gets the place', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-quick')] } })
  const refused = new Set<string>()
  const host: typeof real = {
    ...real,
    start: async (options) => {
      if (refused.size === 0) {
        refused.add(options.launch)
        throw new UserError('The disk is full.', 'Make room.')
      }
      await real.start(options)
    },
  }
  room = openRoom({ host })
  const [first, second] = [room.draft().id, room.draft().id]
  await launchRun(room.context, { id: first, actor: 'alice' })
  await launchRun(room.context, { id: second, actor: 'alice' })
  expect(getRun(room.context.database, first).ending).toMatchObject({
    is: 'failed',
    message: 'The engine could not be started. The disk is full. Make room.',
  })
  expect((await room.until(second, ({ state }) => hasEnded(state))).state).toBe('completed')
})

test('a start that answers with an error but happened is followed, not failed', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-quick')] } })
  const host: typeof real = {
    ...real,
    start: async (options) => {
      await real.start(options)
      throw new Error('connection lost')
    },
  }
  room = openRoom({ host })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.state).toBe('completed')
  expect(enginesOf(run)).toBe(1)
})

test('a start of which nobody can say whether it happened is followed, not failed', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-quick')] } })
  let isAway = false
  const host: typeof real = {
    ...real,
    start: async (options) => {
      await real.start(options)
      isAway = true
      throw new Error('connection lost')
    },
    fate: async (options) => {
      if (!isAway) return await real.fate(options)
      isAway = false
      throw new Error('connection lost')
    },
  }
  room = openRoom({ host })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  expect((await room.until(id, ({ state }) => hasEnded(state))).state).toBe('completed')
})

test('why an engine did not start is told without its secrets', async () => {
  const real = localHost({ engine: { command: process.execPath, args: [fixture('train-quick')] } })
  const refuses = () => Promise.reject(new UserError('The disk refused hf_' + 'QwErTyUiOpAsDfGhJkLz.'))
  room = openRoom({ host: { ...real, start: refuses } })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  const { ending } = getRun(room.context.database, id)
  expect(ending).toMatchObject({ message: 'The engine could not be started. The disk refused [hf token].' })
})

test('an engine that does not leave after its last word is seen out', async () => {
  room = openRoom({ engine: 'train-lingering' })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.state).toBe('completed')
  for (let tries = 0; tries < 1_000; tries += 1) {
    if ((await room.context.host.fate({ folder: String(run.folder) })).is === 'ended') return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('Expected the engine to be gone.')
})

test('two controls on one record share its places', async () => {
  room = openRoom({ engine: 'train-silent', maxRuns: 2 })
  const other = openRoom({ engine: 'train-silent', maxRuns: 2, folder: room.folder })
  const drafts = Array.from({ length: 6 }, () => room.draft().id)
  await Promise.all(drafts.map((id, index) => launchRun((index % 2 ? room : other).context, { id, actor: 'alice' })))
  const runs = listRuns(room.context.database)
  const live = runs.filter(({ state }) => isLive(state))
  expect(live).toHaveLength(2)
  expect(runs.filter(({ state }) => state === 'queued')).toHaveLength(4)
  for (const { id, folder } of live) {
    writeFileSync(join(String(folder), 'wake'), '')
    writeFileSync(join(String(folder), 'finish'), '')
    await room.until(id, ({ state }) => hasEnded(state))
  }
  for (const id of drafts) await stopRun(room.context, { id, actor: 'alice', how: 'now' })
  await other.leave()
  other.context.database.close()
})
