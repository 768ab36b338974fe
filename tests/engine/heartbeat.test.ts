import { expect, test } from 'vitest'
import { openEvents } from '../../src/engine/events.ts'
import { startHeartbeat } from '../../src/engine/heartbeat.ts'
import { testFolder } from './folder.ts'

test('a heartbeat tells the mean time of updates, without evaluations and what comes after them', () => {
  const events = openEvents({ folder: testFolder() })
  let time = 0
  const heartbeat = startHeartbeat({ events, now: () => time, sampleGpu: () => null })
  const after = (ms: number, step: number, isUpdate = true) => {
    time += ms
    heartbeat.turn(step, 16, isUpdate)
  }
  after(900, 1) // with what is only done once
  after(300, 2)
  after(500, 3)
  expect(events.view().stepMs).toBeNull()
  after(400, 4)
  expect(events.view()).toMatchObject({ stepMs: 400, step: 4, samplesPerSecond: 30.48 })

  after(200, 5)
  after(1700, 5, false)
  after(150, 5, false)
  expect(events.view().stepMs).toBe(200)
  after(1900, 6)
  after(100, 7)
  expect(events.view().stepMs).toBe(100)
  heartbeat.now(7)
  after(3000, 8)
  expect(events.view().stepMs, 'what was saved meanwhile is no update').toBe(100)
  events.close()
})
