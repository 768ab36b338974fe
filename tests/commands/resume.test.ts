import { rmSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { readView } from '../../storage/events.ts'
import { getRun, listRuns } from '../../storage/runs.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

let world: World
afterEach(() => world.clear())
const as = (name: 'alice' | 'bob' | 'root') => world.discord.as(name)

/** A run that Alice has stopped at its sixth step, told in its thread. */
async function stopped(): Promise<void> {
  world = await openWorld({ engine: 'train-resumable' })
  await draft(world)
  await as('alice').press('Launch')
  await as('alice').waitFor(/step 6\/20/, { timeout: 20_000 })
  await as('alice').press('Stop and save')
  await as('alice').waitFor(/■ #1 .* stopped at step 6, saved/, { timeout: 20_000 })
}

test('Resume on the card of a stopped run: a run of its own, in the same thread', async () => {
  await stopped()
  expect((await as('bob').press('Resume')).text).toContain("Run #1 is @Alice's")
  const pressed = await as('alice').press('Resume')
  expect(pressed.text).toContain('#2 goes on from the last checkpoint of #1, in ')
  expect(pressed.ephemeral).toBe(true)
  await as('alice').waitFor(/✓ \*\*#2 encoder on tiny\.csv\*\*/, { timeout: 20_000 })
  await as('alice').waitFor(/✓ #2 encoder on tiny\.csv finished/, { timeout: 20_000 })

  const { thread_id } = getRun(world.context.database, 1)
  expect(getRun(world.context.database, 2)).toMatchObject({ parent_id: 1, thread_id })
  const thread = as('alice').screen(thread_id)
  expect(thread).toMatch(
    /■ #1 [\s\S]*↻ \*\*#2 encoder on tiny\.csv\*\* goes on from the last checkpoint of #1, by @Alice/,
  )
  expect(thread).toContain('resumed from step 6 of #1')
  expect((await as('alice').press('ft1:receipt:2')).text).toContain('resumed from step 6 of #1')
  // What #1 had evaluated, and warned of, is not told a second time.
  expect(thread.match(/3 rows are there twice/g)).toHaveLength(1)
  expect(thread.match(/Evaluation at step 2\b/g)).toHaveLength(1)
  expect(thread.match(/Evaluation at step 20/g)).toHaveLength(1)
  expect(readView(world.context.database, 2).evaluations).toHaveLength(2)
  expect((await as('alice').press('Resume')).text).toContain('#1 is resumed already, in #2')
})

test('/finetune resume: offers what can be resumed, and refuses the rest with a sentence', async () => {
  await stopped()
  await draft(world, { args: 'seed 7' })
  expect(await as('alice').autocomplete('finetune resume', { run: '' }, 'run')).toMatchObject([{ value: '1' }])
  expect((await as('alice').command('finetune resume', { run: '2' })).text).toContain('#2 has no checkpoint')
  expect((await as('bob').command('finetune resume', { run: '1' })).text).toContain("Run #1 is @Alice's")
  expect((await as('root').command('finetune resume', { run: '1' })).text).toContain('#3 goes on from')
  await as('alice').waitFor(/✓ \*\*#3 encoder on tiny\.csv\*\*/, { timeout: 20_000 })
  expect(getRun(world.context.database, 3).created_by).toBe(world.discord.ids.root)
  expect((await as('root').command('finetune resume', { run: '3' })).text).toContain('#3 has finished')
})

test('where the folder is gone, Run again is offered instead', async () => {
  await stopped()
  rmSync(String(getRun(world.context.database, 1).folder), { recursive: true })
  const gone = await as('alice').press('Resume')
  expect(gone.text).toContain('The checkpoints of #1 are not on this machine any more')
  expect(
    as('alice')
      .buttons(String(gone.message))
      .map(({ label }) => label),
  ).toEqual(['Run again'])
  expect(listRuns(world.context.database)).toHaveLength(1)
})
