import { afterEach, expect, test } from 'vitest'
import { countFailures } from '../../storage/answers.ts'
import { getRun, listRuns } from '../../storage/runs.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

let world: World
afterEach(() => world.clear())
const as = (name: 'alice' | 'bob' | 'root') => world.discord.as(name)

async function failed(id: number, options: Record<string, string> = {}): Promise<string> {
  await as('alice').command('finetune start', { dataset: 'tiny.csv', args: 'batch 16', ...options })
  await as('alice').waitFor(new RegExp(`Draft #${id} [\\s\\S]*\\d+ steps?, `), { timeout: 20_000 })
  await as('alice').press('Launch')
  await as('alice').waitFor(new RegExp(`✗ #${id} .* failed at step`), { timeout: 20_000 })
  return as('alice').screen(getRun(world.context.database, id).thread_id)
}

test('a fix that changes what is trained asks first, and names who started the run', async () => {
  world = await openWorld({ engine: 'train-too-large' })
  await failed(1)
  const asked = await as('root').press('Change and relaunch…')
  expect(asked.text).toContain('`max_length 128 → 64`')
  expect(asked.text).toContain('@Alice started it')
  expect(asked.ephemeral).toBe(true)
  expect(listRuns(world.context.database)).toHaveLength(1)
  expect((await as('bob').press('Change and relaunch…')).text).toContain("Run #1 is @Alice's")

  expect((await as('root').press('Change and relaunch')).text).toContain('#2 runs with the fix')
  expect(getRun(world.context.database, 2)).toMatchObject({
    parent_id: 1,
    created_by: world.discord.ids.root,
    thread_id: getRun(world.context.database, 1).thread_id,
  })
  expect(getRun(world.context.database, 2).spec.args.max_length).toBe(64)
  await as('alice').waitFor(/↻ \*\*#2 encoder on tiny\.csv\*\* repeats #1 with `max_length 128 → 64`, by @Root/)
  // It still does not fit: the same thread says so, with its own card.
  await as('alice').waitFor(/✗ #2 encoder on tiny\.csv failed/, { timeout: 20_000 })
})

test('seen here: how often, and the fix that worked comes first and is named', async () => {
  world = await openWorld({ engine: 'train-too-large' })
  const first = await failed(1)
  expect(first).not.toContain('here:')
  // The second fix alone does not help; the first one does.
  await as('alice').press('Apply and relaunch')
  await as('alice').waitFor(/✓ #2 .* finished/, { timeout: 20_000 })
  const again = await failed(3, { args: 'batch 16, seed 7' })
  expect(again).toContain('here: seen in 2 runs of this server · fix 1 worked in #2')
  expect(countFailures(world.context.database, { guild_id: world.discord.ids.guild, code: 'FT-OOM-STEP' })).toBe(2)
  // The same run once more is warned of while it is a draft.
  await as('alice').command('finetune start', { dataset: 'tiny.csv', args: 'batch 16' })
  await as('alice').waitFor(/The same run failed in #1: There is not enough memory/)
})

test('a fix that failed here is said too', async () => {
  world = await openWorld({ engine: 'train-too-large' })
  await failed(1, { args: 'batch 64' })
  await as('alice').press('Apply and relaunch')
  await as('alice').waitFor(/✗ #2 .* failed/, { timeout: 20_000 })
  expect(as('alice').screen()).toContain('fix 1 did not help in 1 run')
})

test('the engine’s own advice is the first fix, and a cause that nobody knows can be taught from the card', async () => {
  world = await openWorld({ engine: 'train-then-fail' })
  const screen = await failed(1)
  expect(screen).toContain('Expected at least 2 labels, got 1.')
  expect(screen).toContain('Name another label column.')
  await as('root').press('Teach me')
  await as('root').submit({
    title: 'One label',
    line: 'Expected at least 2 labels, got 1.',
    why: 'Our export has one class a file.',
    remedy: 'Join the files.',
  })
  const taught = await as('alice').waitFor(/HERE-1/)
  expect(taught).toContain('✗ #1 encoder on tiny.csv failed at step 2')
  expect(taught).toContain('**1.** Join the files.')
})

test('a button of another version is said, and starts nothing', async () => {
  world = await openWorld({ engine: 'train-too-large' })
  await failed(1)
  await draft(world)
  const { rest } = world.bot.client
  await rest.post(`/channels/${world.discord.ids.training}/messages`, {
    body: {
      flags: 1 << 15,
      allowed_mentions: { parse: [] },
      components: [
        { type: 1, components: [{ type: 2, style: 1, label: 'Old', custom_id: 'ft1:fix:1:FT-OOM-STEP.0' }] },
      ],
    },
  })
  expect((await as('alice').press('Old')).text).toContain('That fix is from another version of me')
  expect(listRuns(world.context.database)).toHaveLength(2)
})
