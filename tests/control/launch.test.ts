import { afterEach, expect, test } from 'vitest'
import { launchRun } from '../../src/control/run/launch.ts'
import { hasEnded } from '../../src/run/state.ts'
import { listEvents, readView } from '../../storage/events.ts'
import { listChanges } from '../../storage/changes.ts'
import { getRun } from '../../storage/runs.ts'
import { enginesOf, openRoom, type Room } from './room.ts'

let room: Room
afterEach(() => room.clear())

test('a launched run is followed to its end', async () => {
  room = openRoom({ engine: 'train-quick' })
  const { context } = room
  const { id } = room.draft()
  expect(await launchRun(context, { id, actor: 'alice' })).toBe('launched')

  const run = await room.until(id, ({ state }) => hasEnded(state))
  expect(run.ending).toEqual({ is: 'completed', metrics: { eval_accuracy: 0.95, eval_f1: 0.94 } })
  expect(run.started_at).not.toBeNull()
  expect(run.ended_at).not.toBeNull()
  const view = readView(context.database, id)
  expect(view.step).toBe(20)
  expect(view.logs).toHaveLength(20)
  expect(view.evaluations.map(({ step }) => step)).toEqual([10, 20])
  const events = listEvents(context.database, id)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1))
  const changes = listChanges(context.database, id)
  expect(changes.map(({ to_state }) => to_state).slice(0, 3)).toEqual(['draft', 'queued', 'preparing'])
  expect(changes.at(-1)).toMatchObject({ actor: 'engine', to_state: 'completed' })
})

test('ten presses of Launch start one engine', async () => {
  room = openRoom({ engine: 'train-quick' })
  const { context } = room
  const { id } = room.draft()
  const answers = await Promise.all(Array.from({ length: 10 }, () => launchRun(context, { id, actor: 'alice' })))
  expect(answers.filter((answer) => answer === 'launched')).toHaveLength(1)
  expect(answers.filter((answer) => answer === 'already')).toHaveLength(9)
  await room.until(id, ({ state }) => hasEnded(state))
  expect(enginesOf(getRun(context.database, id))).toBe(1)
})
