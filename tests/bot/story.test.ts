import { afterEach, expect, test } from 'vitest'
import { getRun, listRuns } from '../../storage/runs.ts'
import { draft, openWorld, type World } from './world.ts'

let world: World
afterEach(() => world.clear())

const alice = () => world.discord.as('alice')
const saidInChannel = () =>
  alice()
    .messages()
    .filter(({ author, flags }) => author.id === world.discord.ids.bot && ((flags ?? 0) & 64) === 0)
const saidInThread = (id = 1) => alice().messages(String(getRun(world.context.database, id).thread_id))

test('start, launch, follow, result: one message in the channel, the rest in the thread, one ping', async () => {
  world = await openWorld()
  const answered = await alice().command('finetune start', { dataset: 'tiny.csv', args: 'lr 3e-5, 3 epochs' })
  expect(answered.text).toContain('Draft #1 encoder on tiny.csv')
  expect(answered.text).toContain('**learning_rate** `3e-05`')
  await alice().waitFor(/9 steps, evaluation at 3, 6 and 9/, { timeout: 20_000 })
  await alice().press('Launch')
  const ended = await alice().waitFor(/✓ \*\*#1 encoder on tiny\.csv\*\* · accuracy 0\.950/, { timeout: 20_000 })
  expect(ended).toMatch(/#training > #1 encoder on tiny\.csv/)
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished/, { timeout: 20_000 })

  expect(saidInChannel()).toHaveLength(1)
  expect(saidInThread()).toHaveLength(4)
  const thread = alice().screen(getRun(world.context.database, 1).thread_id)
  expect(thread.indexOf('Evaluation at step 10')).toBeLessThan(thread.indexOf('Evaluation at step 20'))
  expect(thread.indexOf('Evaluation at step 20')).toBeLessThan(thread.indexOf('finished'))
  expect(alice().pings.map(({ channel_id }) => channel_id)).toEqual([getRun(world.context.database, 1).thread_id])
  expect(world.complaints).toEqual([])
})

test('stop and save: who asked is shown, and the model can be tried', async () => {
  world = await openWorld({ engine: 'train-forever' })
  await draft(world)
  await alice().press('Launch')
  await alice().waitFor(/step \d+\/1000000/, { timeout: 20_000 })
  // The card may change before the answer comes: wait for the answer itself.
  await alice().press('Stop and save')
  await alice().waitFor(/asked to stop and save/, { timeout: 20_000 })
  await alice().waitFor(/■ \*\*#1 encoder on tiny\.csv\*\*, stopped and saved/, { timeout: 20_000 })
  await alice().waitFor(/stopped at step \d+, saved/, { timeout: 20_000 })
  await alice().waitFor((screen) => !screen.includes('[Stop and save]'))
})

test('stop now asks first', async () => {
  world = await openWorld({ engine: 'train-forever' })
  await draft(world)
  await alice().press('Launch')
  await alice().waitFor(/step \d+\/1000000/, { timeout: 20_000 })
  const asked = await alice().press('Stop now')
  expect(asked.text).toContain('End #1 encoder on tiny.csv now?')
  expect(getRun(world.context.database, 1).stop_by).toBeNull()
  await alice().press('End it now')
  await alice().waitFor(/■ \*\*#1 encoder on tiny\.csv\*\*, stopped at step/, { timeout: 20_000 })
  await alice().waitFor(/was stopped by @Alice/, { timeout: 20_000 })
  // Whoever ends their own run need not be called.
  expect(alice().pings).toEqual([])
})

test('a failure: its own words, the log, and a draft to try again', async () => {
  world = await openWorld({ engine: 'train-then-fail' })
  await draft(world)
  await alice().press('Launch')
  await alice().waitFor(/✗ #1 encoder on tiny\.csv failed at step 2/, { timeout: 20_000 })
  const screen = await alice().waitFor(/✗ \*\*#1 encoder on tiny\.csv\*\*, failed at step 2/, { timeout: 20_000 })
  expect(screen).toContain('Expected at least 2 labels, got 1.')
  expect(screen).toContain('exit code 3')
  expect((await alice().press('Log')).text).toContain('Expected 2 labels, got 1')
  expect((await alice().press('Run again')).text).toContain('Draft #2 is in #training.')
  await alice().waitFor(/Draft #2[\s\S]* after #1/, { timeout: 20_000 })
})

test('an engine that is killed without a word: said so', async () => {
  world = await openWorld({ engine: 'train-then-oom' })
  await draft(world)
  await alice().press('Launch')
  const screen = await alice().waitFor(/✗ #1 encoder on tiny\.csv failed at step 3/, { timeout: 20_000 })
  expect(screen).toMatch(/out of memory|SIGKILL/)
})

test('runs that wait say how long the queue is, and move up', async () => {
  world = await openWorld({ engine: 'train-forever' })
  for (let id = 1; id <= 3; id += 1) {
    await draft(world)
    await alice().press('Launch')
  }
  await alice().waitFor(/⏳ #2 encoder on tiny\.csv\nnext in the queue/, { timeout: 20_000 })
  await alice().waitFor(/⏳ #3 encoder on tiny\.csv\nwaits for 1 other run/, { timeout: 20_000 })
  await alice().command('finetune stop', { run: '1', how: 'now' })
  await alice().waitFor(/⏳ #3 encoder on tiny\.csv\nnext in the queue/, { timeout: 20_000 })
  await alice().waitFor(/▶ #2 encoder on tiny\.csv/, { timeout: 20_000 })
})

test('pressing Launch twice starts one run', async () => {
  world = await openWorld()
  await draft(world)
  const [first, second] = await Promise.allSettled([alice().press('Launch'), alice().press('Launch')])
  expect([first.status, second.status]).toContain('fulfilled')
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  // The channel line is first; the card in the thread may be a moment behind it.
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished/, { timeout: 20_000 })
  expect(listRuns(world.context.database)).toHaveLength(1)
  expect(saidInThread().filter(({ components }) => JSON.stringify(components).includes('finished'))).toHaveLength(1)
})

test('a smoke test is a run of its own, and the draft stays', async () => {
  world = await openWorld()
  await draft(world)
  expect((await alice().press('Smoke test: 5 steps')).text).toContain('Smoke test #2')
  await alice().waitFor(/✓ \*\*#2/, { timeout: 20_000 })
  expect(getRun(world.context.database, 2).spec.args).toMatchObject({ max_steps: 5, save_strategy: 'no' })
  expect(getRun(world.context.database, 1).state).toBe('draft')
  await alice().press('Launch')
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
})

test('a discarded draft leaves a line without buttons', async () => {
  world = await openWorld()
  await draft(world)
  await alice().press('Discard')
  const screen = await alice().waitFor(/Draft #1 encoder on tiny\.csv was discarded/, { timeout: 20_000 })
  expect(screen).not.toContain('[Launch]')
})
