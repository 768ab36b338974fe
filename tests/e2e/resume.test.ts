import { afterEach, expect, test } from 'vitest'
import { fileURLToPath } from 'node:url'
import { readView } from '../../storage/events.ts'
import { getRun } from '../../storage/runs.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))

let world: World
afterEach(() => world.clear())

test('stop and save, resume: the end is that of the same run that nobody stopped', async () => {
  world = await openWorld({ engineCommand: { command: process.execPath, args: [FINETUNE, 'train'] } })
  const alice = world.discord.as('alice')
  const { database } = world.context
  const args = 'tokens 16, 5 epochs, logging_steps 1'
  await draft(world, { args })
  await alice.press('Launch')
  await alice.waitFor(/Evaluation at step 3\b/, { timeout: 60_000 })
  await alice.press('Stop and save')
  await alice.waitFor(/■ #1 .* stopped at step \d+, saved/, { timeout: 60_000 })
  await alice.press('Resume')
  await alice.waitFor(/✓ \*\*#2 encoder on tiny\.csv\*\*/, { timeout: 60_000 })
  await draft(world, { args })
  await alice.press('Launch')
  await alice.waitFor(/✓ \*\*#3 encoder on tiny\.csv\*\*/, { timeout: 60_000 })

  const [resumed, whole] = [readView(database, 2), readView(database, 3)]
  const at = readView(database, 1).step
  expect(at).toBeLessThan(15)
  expect(resumed.resumed).toMatchObject({ step: at, refused: [] })
  expect(getRun(database, 2).ending).toEqual(getRun(database, 3).ending)
  const losses = ({ logs }: typeof whole) => logs.map(({ step, loss }) => [step, loss])
  expect(losses(resumed)).toEqual(losses(whole))
  expect(losses(whole)).toHaveLength(15)
})
