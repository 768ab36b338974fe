import { afterEach, expect, test } from 'vitest'
import { openStory, takeChunk } from '../../src/control/follow/story.ts'
import { listEvents } from '../../storage/events.ts'
import { getRun } from '../../storage/runs.ts'
import { openRoom, type Room } from './room.ts'

let room: Room
afterEach(() => room.clear())

const beat = (seq: number) =>
  `${JSON.stringify({ seq, at: '2026-01-01T00:00:00Z', type: 'heartbeat', step: seq, expect_next_in: 5 })}\n`

test('whoever stores second is told, stores nothing, and goes on from what is stored', () => {
  room = openRoom()
  const { context } = room
  const run = room.draft()
  const [first, second] = [openStory(context, run), openStory(context, run)]
  expect(takeChunk(context, first, Buffer.from(beat(1) + beat(2)))).toBe(true)
  expect(takeChunk(context, second, Buffer.from(beat(1)))).toBe(false)
  expect(second).toMatchObject({ superseded: true, view: { lastSeq: 0 } })

  const again = openStory(context, getRun(context.database, run.id))
  expect(again).toMatchObject({ offset: beat(1).length + beat(2).length, view: { lastSeq: 2 } })
  expect(takeChunk(context, again, Buffer.from(beat(3)))).toBe(true)
  expect(listEvents(context.database, run.id).map(({ seq }) => seq)).toEqual([1, 2, 3])
})

test('a line that is no event is kept out of the record, and its secrets out of the log', () => {
  room = openRoom()
  const story = openStory(room.context, room.draft())
  takeChunk(room.context, story, Buffer.from('loaded with hf_' + 'QwErTyUiOpAsDfGhJkLz\n'))
  expect(room.logged).toMatchObject([{ msg: 'a line of events.jsonl is no event', line: 'loaded with [hf token]' }])
  expect(listEvents(room.context.database, story.id)).toEqual([])
})

test('what comes is heard', () => {
  room = openRoom()
  const story = openStory(room.context, room.draft())
  story.heardAt = 0
  takeChunk(room.context, story, Buffer.from(beat(1).slice(0, 10)))
  expect(story.heardAt, 'half a line says nothing yet').toBe(0)
  takeChunk(room.context, story, Buffer.from(beat(1).slice(10)))
  expect(story.heardAt).toBeGreaterThan(0)
})

test('a heartbeat is a promise', () => {
  room = openRoom()
  const story = openStory(room.context, room.draft())
  takeChunk(room.context, story, Buffer.from(beat(1)))
  expect(story.promise).toBe(5_000)
})
