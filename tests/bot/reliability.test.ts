import { setTimeout as sleep } from 'node:timers/promises'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import { afterEach, expect, test } from 'vitest'
import { findMessage } from '../../storage/messages.ts'
import { getRun } from '../../storage/runs.ts'
import { draft, openWorld, TINY, type World } from './world.ts'

let world: World
afterEach(() => world.clear())

const alice = () => world.discord.as('alice')
const thread = (id = 1) => String(getRun(world.context.database, id).thread_id)

/** Alice may see a message a moment before the bot has heard that it was sent. */
async function messageOf(key: string): Promise<string> {
  for (;;) {
    const id = findMessage(world.context.database, { run_id: 1, key })?.message_id
    if (id) return id
    await sleep(20)
  }
}

const inThread = () =>
  alice()
    .messages(thread())
    .map(({ components }) => JSON.stringify(components))
const POSTS = /^POST \/channels\/:channel\/messages$/

async function launch(engine: string, env: Record<string, string> = {}): Promise<void> {
  world = await openWorld({ engine, env })
  await draft(world)
  await alice().press('Launch')
  await alice().waitFor(/step \d+\/\d+/, { timeout: 20_000 })
}

async function finish(): Promise<void> {
  await alice().command('finetune stop', { run: '1' })
  await alice().waitFor(/stopped at step \d+, saved/, { timeout: 20_000 })
}

test('the bot goes and comes back: old buttons work, the card goes on, nothing is said twice', async () => {
  world = await openWorld({ env: { TRAIN_PAUSE_MS: '60' } })
  await draft(world)
  await world.leave()
  await world.comeBack()
  await alice().press('Launch')
  await alice().waitFor(/Evaluation at step 10/, { timeout: 20_000 })
  await world.leave()
  await sleep(300)
  await world.comeBack()
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished/, { timeout: 20_000 })
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  const said = inThread()
  for (const what of ['Evaluation at step 10', 'Evaluation at step 20', 'finished']) {
    expect(said.filter((message) => message.includes(what))).toHaveLength(1)
  }
  expect(said).toHaveLength(4)
  expect(alice().pings).toHaveLength(1)
  expect((await alice().press('Receipt')).text).toContain('Receipt of #1')
})

test('a run that ended while the bot was away is told when it is back', async () => {
  await launch('train-quick', { TRAIN_PAUSE_MS: '30' })
  const { run, place } = { run: getRun(world.context.database, 1), place: thread() }
  expect(run.state).toBe('running')
  await world.leave()
  await sleep(1500)
  expect(alice().screen(place)).not.toContain('finished')
  await world.comeBack()
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished/, { timeout: 20_000 })
  expect(inThread()).toHaveLength(4)
})

test('a thread that takes its time: what is told then is what is so then', async () => {
  world = await openWorld()
  await draft(world)
  world.discord.inject.slow(2000, { route: /\/threads$/ })
  await alice().press('Launch')
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished\naccuracy \*\*0\.950/, { timeout: 20_000 })
  expect(inThread()).toHaveLength(4)
})

test('a reply that is lost on the way says nothing twice', async () => {
  world = await openWorld()
  await draft(world)
  for (let time = 0; time < 3; time += 1) world.discord.inject.loseReply({ route: POSTS })
  await alice().press('Launch')
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished/, { timeout: 20_000 })
  expect(inThread()).toHaveLength(4)
})

test('Discord stumbles for a while: everything is said in the end', async () => {
  world = await openWorld()
  await draft(world)
  world.discord.inject.serverErrors({ route: /^(POST|PATCH) \/channels\//, times: 12 })
  await alice().press('Launch')
  await alice().waitFor(/✓ #1 encoder on tiny\.csv finished/, { timeout: 25_000 })
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  expect(inThread()).toHaveLength(4)
})

test('Discord is away for a moment: the run goes on, and so does the card', async () => {
  await launch('train-forever')
  await world.discord.inject.unreachable(true)
  await sleep(800)
  const before = getRun(world.context.database, 1).events_offset
  await sleep(300)
  expect(getRun(world.context.database, 1).events_offset).toBeGreaterThan(before)
  await world.discord.inject.unreachable(false)
  const step = Number(/step (\d+)\//.exec(alice().screen(thread()))?.[1])
  await alice().waitFor((screen) => Number(/step (\d+)\//.exec(screen)?.[1]) > step + 5, {
    timeout: 20_000,
    channel: thread(),
  })
})

test('a gateway session that is lost is made again, and what ended meanwhile is told', async () => {
  await launch('train-forever')
  world.discord.inject.invalidSession(false)
  await sleep(1500)
  await finish()
})

test('a status card that somebody deletes comes back', async () => {
  await launch('train-forever')
  const old = await messageOf('status')
  world.discord.inject.deleteMessage(old)
  await alice().waitFor(/step \d+\/1000000/, { channel: thread(), timeout: 20_000 })
  expect(await messageOf('status')).not.toBe(old)
  await finish()
})

test('a thread that was archived is opened again', async () => {
  await launch('train-forever')
  const stepShown = () => Number(/step (\d+)\//.exec(alice().screen(thread()))?.[1])
  const step = stepShown()
  world.discord.inject.archive(thread())
  await alice().waitFor(() => stepShown() > step + 5, { timeout: 20_000 })
  expect(alice().screen(thread())).not.toContain('archived')
  await finish()
})

test('a thread that was deleted is opened again once; then nobody wants it', async () => {
  await launch('train-forever')
  const first = thread()
  world.discord.inject.deleteChannel(first)
  await alice().waitFor(() => thread() !== first, { timeout: 20_000 })
  await alice().waitFor(/step \d+\/1000000/, { channel: thread(), timeout: 20_000 })
  world.discord.inject.deleteChannel(thread())
  await sleep(1000)
  expect(getRun(world.context.database, 1).state).toBe('running')
  const told = await alice().command('finetune help')
  expect(told.text).toContain('Fine-tune a model')
  await alice().waitFor(/I cannot tell of #1 encoder on tiny\.csv: its channel is gone/, { timeout: 20_000 })
})

test('rights that are taken away: the run goes on, and the starter is told once', async () => {
  await launch('train-forever')
  world.discord.inject.revoke(world.discord.ids.training, PermissionFlagsBits.ViewChannel)
  await sleep(800)
  const general = world.discord.ids.general
  await alice().command('finetune status', {}, general)
  await alice().waitFor(/I may not write in [^ ]+ any more\. The run itself goes on\./, { channel: general })
  expect(getRun(world.context.database, 1).state).toBe('running')
  const refusals = world.complaints.length
  await sleep(800)
  // Requests that are refused count against the bot: it asks no more.
  expect(world.complaints.length).toBe(refusals)
})

test('edits are few however much happens', async () => {
  world = await openWorld({
    engine: 'train-quick',
    env: { TRAIN_STEPS: '200', TRAIN_PAUSE_MS: '5' },
    config: { FINETUNE_EDIT_INTERVAL_MS: '1500' },
  })
  await draft(world)
  const before = Date.now()
  await alice().press('Launch')
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  await alice().waitFor(/completed at step 200\/200/, { timeout: 20_000 })
  const seconds = (Date.now() - before) / 1000
  expect(world.discord.log.edits(await messageOf('status')).length).toBeLessThanOrEqual(Math.ceil(seconds / 1.5) + 3)
})

test('a draft whose answer was sent but never remembered is found again by its button', async () => {
  world = await openWorld()
  await draft(world)
  world.context.database.prepare('DELETE FROM messages').run()
  await alice().press('Launch')
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  expect(alice().messages()).toHaveLength(1)
})

test('an answer that comes too late is logged, and the run starts all the same', async () => {
  world = await openWorld()
  await draft(world, { dataset: TINY })
  world.discord.inject.slow(4000, { route: /\/callback$/ })
  await alice()
    .press('Launch')
    .catch(() => undefined)
  await alice().waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  expect(world.complaints.map(({ msg }) => msg)).toContain('acknowledged too late')
})
