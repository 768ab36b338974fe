import { ButtonStyle, ComponentType, MessageFlags, Routes } from 'discord.js'
import { afterEach, expect, test } from 'vitest'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import { TABLE } from '../../commands/index.ts'
import { createDraft, getRun, listRuns } from '../../storage/runs.ts'
import { draft, openWorld, TINY, type World } from './world.ts'

let world: World
afterEach(() => world.clear())
const as = (name: 'alice' | 'bob' | 'root') => world.discord.as(name)

async function post(custom_id: string): Promise<void> {
  const { rest } = world.bot.client
  const button = { type: ComponentType.Button, style: ButtonStyle.Primary, label: 'Old', custom_id }
  await rest.post(Routes.channelMessages(world.discord.ids.training), {
    body: {
      flags: MessageFlags.IsComponentsV2,
      allowed_mentions: { parse: [] },
      components: [{ type: ComponentType.ActionRow, components: [button] }],
    },
  })
}

test.each(['ft0:launch:1', 'ft1:fly:1', 'something', 'ft1:launch:x'])('a button of another version: %s', async (id) => {
  world = await openWorld()
  await post(id)
  const answered = await as('alice').press('Old')
  expect(answered.text).toContain('from another version of me')
  expect(answered.ephemeral).toBe(true)
})

test('a run that is not there is said', async () => {
  world = await openWorld()
  await post('ft1:launch:99')
  expect((await as('alice').press('Old')).text).toContain('There is no run #99 on this server.')
})

test('runs of another server do not exist here', async () => {
  world = await openWorld()
  await draft(world)
  const { spec, host } = getRun(world.context.database, 1)
  createDraft(world.context.database, {
    spec,
    host,
    guild_id: '1',
    channel_id: '2',
    created_by: world.discord.ids.alice,
  })
  await post('ft1:launch:2')
  expect((await as('alice').press('Old')).text).toContain('There is no run #2 on this server.')
  expect((await as('alice').command('finetune show', { run: '2' })).text).toContain(
    'There is no run #2 on this server.',
  )
  expect((await as('alice').command('finetune list')).text).not.toContain('#2')
  expect(getRun(world.context.database, 2).state).toBe('draft')
})

test('only the starter and who manages the server decide about a run', async () => {
  world = await openWorld()
  await draft(world)
  for (const label of ['Launch', 'Discard', 'Edit', 'Smoke test: 5 steps']) {
    const refused = await as('bob').press(label)
    expect(refused.text).toContain("Run #1 is @Alice's")
    expect(refused.ephemeral).toBe(true)
  }
  expect(getRun(world.context.database, 1).state).toBe('draft')
  await as('root').press('Launch')
  await as('bob').waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  // Everybody may look, try and repeat; the new draft is their own.
  expect((await as('bob').press('Receipt')).text).toContain('Receipt of #1')
  await as('bob').press('Run again')
  expect(getRun(world.context.database, 2).created_by).toBe(world.discord.ids.bob)
})

test('a stranger cannot stop a run by command either', async () => {
  world = await openWorld({ engine: 'train-forever' })
  await draft(world)
  await as('alice').press('Launch')
  await as('alice').waitFor(/step \d+\/1000000/, { timeout: 20_000 })
  expect((await as('bob').command('finetune stop', { run: '1' })).text).toContain("Run #1 is @Alice's")
  expect((await as('bob').press('Stop now')).text).toContain("Run #1 is @Alice's")
  expect(getRun(world.context.database, 1).stop_by).toBeNull()
})

test('a mistake of ours: the person gets a reference, the log gets the rest, and the bot lives', async () => {
  const broken = {
    ...TABLE,
    buttons: {
      ...TABLE.buttons,
      python: { who: 'anyone', acknowledge: 'private', run: () => Promise.reject(new Error('a secret detail')) },
      edit: {
        who: 'anyone',
        acknowledge: 'form',
        form: () => {
          throw new Error('another detail')
        },
      },
    },
  } as const
  world = await openWorld({ table: broken })
  await draft(world)
  for (const label of ['Python', 'Edit']) {
    const answered = await as('alice').press(label)
    expect(answered.text).toMatch(/Reference for whoever runs me: `\d+`/)
    expect(answered.text).not.toContain('detail')
  }
  expect(world.complaints.map(({ msg }) => msg)).toEqual(['an interaction failed', 'an interaction failed'])
  expect((await as('alice').command('finetune help')).text).toContain('Fine-tune a model')
})

test('a command that cannot be carried out leaves nothing in the channel', async () => {
  world = await openWorld()
  const refused = await as('alice').command('finetune start', {
    dataset: TINY,
    args: 'save_strategy no, load_best_model_at_end true',
  })
  expect(refused.text).toContain('`load_best_model_at_end` needs')
  expect(refused.ephemeral).toBe(true)
  expect(as('bob').messages()).toEqual([])
  expect(listRuns(world.context.database)).toEqual([])
})

test('what the bot may not do in the channel is named before a run is drafted', async () => {
  world = await openWorld()
  world.discord.inject.revoke(world.discord.ids.training, PermissionFlagsBits.SendMessagesInThreads)
  const refused = await as('alice').command('finetune start', { dataset: TINY })
  expect(refused.text).toContain('I lack **Send Messages in Threads**')
  expect(listRuns(world.context.database)).toEqual([])
})

test('inside of a thread the draft goes to the channel', async () => {
  world = await openWorld()
  await draft(world)
  await as('alice').press('Launch')
  await as('alice').waitFor(/✓ \*\*#1/, { timeout: 20_000 })
  const thread = getRun(world.context.database, 1).thread_id
  const answered = await as('alice').command('finetune start', { dataset: TINY }, thread)
  expect(answered.text).toContain('Draft #2 is in #training.')
  expect(getRun(world.context.database, 2).channel_id).toBe(world.discord.ids.training)
  await as('alice').waitFor(/Draft #2/, { channel: world.discord.ids.training })
})

test.each(['launch', 'smoke-test'])(
  'a draft that cannot run does not start, whatever its card shows: %s',
  async (action) => {
    world = await openWorld()
    await as('alice').command('finetune start', { dataset: 'nothing.csv' })
    // A card that was drawn before the checks had answered.
    await post(`ft1:${action}:1`)
    await as('alice').press('Old')
    await as('alice').waitFor(/#1 cannot start: There is no dataset `nothing\.csv`/, { timeout: 20_000 })
    expect(listRuns(world.context.database).map(({ state }) => state)).toEqual(['draft'])
  },
)
