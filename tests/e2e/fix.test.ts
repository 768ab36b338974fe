import { afterEach, expect, test } from 'vitest'
import { listChanges } from '../../storage/changes.ts'
import { getRun, listRuns } from '../../storage/runs.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

let world: World
afterEach(() => world.clear())

test('out of memory: the card has a button that mends it, keeps the effective batch, and works once', async () => {
  world = await openWorld({ engine: 'train-too-large' })
  const alice = world.discord.as('alice')
  await draft(world, { args: 'batch 16' })
  await alice.press('Launch')
  const screen = await alice.waitFor(/✗ #1 encoder on tiny\.csv failed at step 1/, { timeout: 20_000 })
  expect(screen).toContain('A batch of 16 rows does not fit into memory.')
  expect(screen).toMatch(/per_device_train_batch_size 16 → 8 and gradient_accumulation_steps 1 → 2/)
  expect(screen).toContain('the effective batch stays 16')
  const thread = getRun(world.context.database, 1).thread_id

  // Somebody else's run is not theirs to relaunch.
  expect((await world.discord.as('bob').press('Apply and relaunch')).text).toContain("Run #1 is @Alice's")

  const [first, second] = await Promise.all([alice.press('Apply and relaunch'), alice.press('Apply and relaunch')])
  expect([first.text, second.text].join()).toMatch(/with the fix/)
  expect([first.text, second.text].join()).toMatch(/tried already, in #2/)
  await alice.waitFor(/✓ \*\*#2 encoder on tiny\.csv\*\*/, { timeout: 20_000 })
  const runs = listRuns(world.context.database)
  // One thread tells the whole story, and says who pressed what.
  expect(runs.map(({ thread_id }) => thread_id)).toEqual([thread, thread])
  const told = alice.screen(thread)
  expect(told).toMatch(
    /✗ #1 [\s\S]*↻ \*\*#2 encoder on tiny\.csv\*\* repeats #1 with `per_device_train_batch_size 16 → 8 and gradient_accumulation_steps 1 → 2`, by @Alice[\s\S]*✓ #2 encoder on tiny\.csv finished/,
  )
  expect(listChanges(world.context.database, 1).at(-1)).toMatchObject({
    actor: world.discord.ids.alice,
    reason: 'mended in #2: per_device_train_batch_size 16 → 8 and gradient_accumulation_steps 1 → 2',
  })
  expect(runs).toHaveLength(2)
  expect(runs[0]).toMatchObject({ id: 2, parent_id: 1, state: 'completed' })
  expect(runs[0]?.spec.args).toMatchObject({ per_device_train_batch_size: 8, gradient_accumulation_steps: 2 })
})
