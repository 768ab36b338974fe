import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { launchRun } from '../../src/control/run/launch.ts'
import { localHost } from '../../src/hosts/local.ts'
import { readView } from '../../storage/events.ts'
import { listLive } from '../../storage/runs.ts'
import { openRoom, type Room } from './room.ts'

const TICKING = fileURLToPath(new URL('../fixtures/train-ticking.sh', import.meta.url))

let room: Room
afterEach(() => room.clear())

test('fifty live runs are followed at once for little', async () => {
  const host = localHost({ engine: { command: 'sh', args: [TICKING] } })
  // The default patience, as in use.
  room = openRoom({ host, maxRuns: 50, timing: {} })
  const { context } = room
  for (let run = 0; run < 50; run += 1) await launchRun(context, { id: room.draft().id, actor: 'alice' })
  const live = listLive(context.database)
  expect(live).toHaveLength(50)
  for (const { id } of live) await room.until(id, ({ state }) => state === 'running')

  const stepsNow = () => live.reduce((sum, { id }) => sum + readView(context.database, id).step, 0)
  const before = { steps: stepsNow(), cpu: process.cpuUsage(), at: performance.now() }
  await sleep(4_000)
  const cpu = process.cpuUsage(before.cpu)
  const seconds = (performance.now() - before.at) / 1000
  const share = (cpu.user + cpu.system) / 1e6 / seconds
  const events = (stepsNow() - before.steps) / seconds
  console.log(`50 runs, ${events.toFixed(0)} events a second: ${(share * 100).toFixed(1)} % of one core`)
  expect(events).toBeGreaterThan(5)
  expect(share).toBeLessThan(0.5)
})
