import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { PermissionFlagsBits } from 'discord-api-types/v10'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { askedPublish, takeUpPublishes } from '../../src/control/publish/publish.ts'
import { type LocalHub, startLocalHub } from '../../src/hub/local/local-hub.ts'
import { findCommit } from '../../src/hub/local/repository.ts'
import { changeSettings, type Settings } from '../../storage/settings.ts'
import { listChanges } from '../../storage/changes.ts'
import { getRun, setThread } from '../../storage/runs.ts'
import { listPublishes } from '../../storage/publishes.ts'
import { draft, openWorld, type World } from '../bot/world.ts'
import { finishedRun } from '../bot/finished-run.ts'
import { writeTinyModel } from '../control/tiny-model.ts'
import { canary } from '../setup/canary-search.ts'

const TOKEN = canary()
const READER = `${canary()}reader`

let hub: LocalHub
beforeAll(async () => {
  hub = await startLocalHub({
    accounts: [
      { token: TOKEN, name: 'ann', orgs: ['team'], role: 'write' },
      { token: READER, name: 'ann', role: 'read' },
    ],
  })
  return () => hub.close()
})

let world: World
afterEach(() => world.clear())
const as = (person: 'alice' | 'bob' | 'root') => world.discord.as(person)
const set = (settings: Partial<Settings>) =>
  changeSettings(world.context.database, { guild_id: world.discord.ids.guild, actor: 'root', set: settings })
const latest = () => listPublishes(world.context.database)[0]
const commitsOf = async (name: string) =>
  (await hub
    .repositories()
    .find((each) => each.name === name)
    ?.commits('main')) ?? []
/** A name that no other test of this file publishes to. */
let taken = 0
const fresh = () => `ann/model-${++taken}`

/** A run of Alice's that has finished, with a model that answers, told of in the channel. */
async function finished(config: Record<string, string> = {}): Promise<void> {
  world = await openWorld({ config: { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_TOKEN: TOKEN, ...config } })
  finishedRun({ database: world.context.database, folder: world.folder, ids: world.discord.ids })
}

async function textOf(repository: string, path: string): Promise<string> {
  const found = hub.repositories().find(({ name }) => name === repository)
  const file = found && (await findCommit(found, 'main'))?.files.get(path)
  return file ? await text(file.read(0, file.size)) : ''
}

test('publish from the result card: draft, upload, link; a second time changes nothing', async () => {
  world = await openWorld({ config: { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_TOKEN: TOKEN } })
  await draft(world)
  await as('alice').press('Launch')
  await as('alice').waitFor(/#1 encoder on tiny\.csv finished/, { timeout: 20_000 })
  writeTinyModel(join(String(getRun(world.context.database, 1).folder), 'model'))
  expect((await as('bob').press('Publish')).text).toMatch(/only they or somebody who manages the server/)
  const said = await as('alice').press('Publish')
  expect(said.ephemeral).toBe(true)
  expect(said.text).toContain('#1 encoder on tiny.csv')
  const draftCard = as('alice').screen()
  expect(draftCard).toContain('`ann/encoder-tiny-1` · private')
  expect(draftCard).toContain('onnx/model.onnx')
  expect(draftCard).toContain('model card')
  await as('alice').press(`ft1:publish-go:1:${latest()?.id}`)
  const done = await as('bob').waitFor(/✓ Published #1/, { timeout: 20_000 })
  expect(done).toContain(`${hub.url}/ann/encoder-tiny-1`)
  const head = (await commitsOf('ann/encoder-tiny-1')).at(-1)
  expect(latest()).toMatchObject({ state: 'published', outcome: 'created', private: true, commit_id: head?.id })
  expect(await textOf('ann/encoder-tiny-1', 'README.md')).toMatch(
    /model-index:[\s\S]*# encoder-tiny-1[\s\S]*## Receipt/,
  )

  await as('bob').command('finetune show', { run: '1' })
  // A file of this machine is no dataset of the Hub: nothing there may look as if it were.
  expect(await textOf('ann/encoder-tiny-1', 'README.md')).not.toContain('\ndatasets:')
  expect([...(head?.files.keys() ?? [])].filter((path) => path.startsWith('.eval_results'))).toEqual([])
  expect(listChanges(world.context.database, 1).map(({ reason }) => reason)).toEqual(
    expect.arrayContaining([
      'publishes to ann/encoder-tiny-1',
      expect.stringMatching(/^published to ann\/encoder-tiny-1, commit /),
    ]),
  )
  const before = await commitsOf('ann/encoder-tiny-1')
  await as('alice').command('finetune publish', { run: '1' })
  await as('alice').press(`ft1:publish-go:1:${latest()?.id}`)
  await as('alice').waitFor(/✓ Nothing to publish: #1[\s\S]*nothing has changed/, { timeout: 20_000 })
  expect(await commitsOf('ann/encoder-tiny-1')).toEqual(before)
})

test('options name repository and visibility; Change changes both; a name without an account gets one', async () => {
  await finished()
  await as('alice').command('finetune publish', { run: '1', repo: 'team/spam', private: false })
  expect(as('alice').screen()).toContain('`team/spam` · **public**')
  await as('alice').press('Change')
  expect(as('alice').modal()?.text).toContain('team/spam')
  const name = fresh().replace('ann/', '')
  await as('alice').submit({ Repository: name, Visibility: 'private' })
  await as('alice').waitFor((screen) => screen.includes(`\`ann/${name}\` · private`))
  await as('alice').press('Change')
  expect((await as('alice').submit({ Repository: 'no name at all', Visibility: 'private' })).text).toContain(
    'cannot be a model of the Hub',
  )
  await as('alice').press('Discard')
  await as('alice').waitFor(/was called off/)
  expect(latest()?.state).toBe('discarded')
})

test('what the token lacks is named, and Publish waits for it', async () => {
  await finished({ HF_TOKEN: READER })
  const said = await as('alice').command('finetune publish', { run: '1' })
  expect(said.ephemeral).toBe(true)
  const screen = await as('alice').waitFor(/✗ The token from HF_TOKEN can only read\. ann makes one with write access/)
  expect(screen).toMatch(/\[Publish\] \(disabled\)/)
  await as('alice').press('Change')
  expect((await as('alice').submit({ Repository: 'strangers/x', Visibility: 'private' })).text).not.toContain('hf_')
})

test.each([
  [{ HF_TOKEN: '' }, /There is no Hub token, so nothing can be published/],
  [{ HF_TOKEN: 'hf_nobodyknowsthis' }, /does not accept the token from HF_TOKEN/],
  [{ HF_ENDPOINT: 'http://127.0.0.1:9' }, /cannot be reached from this machine/],
])('what stands against it is said in private: %j', async (config, sentence) => {
  await finished({ HF_HUB_DISABLE_IMPLICIT_TOKEN: '1', ...config })
  const said = await as('alice').command('finetune publish', { run: '1' })
  expect(said.text).toMatch(sentence)
  expect(said.ephemeral).toBe(true)
  expect(listPublishes(world.context.database)).toEqual([])
})

test('a run without a model has nothing to publish', async () => {
  world = await openWorld({ config: { HF_ENDPOINT: hub.url, HF_HUB_OFFLINE: '', HF_TOKEN: TOKEN } })
  await draft(world)
  expect((await as('alice').command('finetune publish', { run: '1' })).text).toContain(
    'Run #1 is draft, so there is no model to publish.',
  )
})

test('approvals: by others than the one who asks, each once; the card names them; then it goes', async () => {
  await finished()
  set({ publish_approvals: 2 })
  const repo = fresh()
  await as('alice').command('finetune publish', { run: '1', repo })
  expect(as('alice').screen()).toContain('It takes 2 people to approve it, other than who asks.')
  await as('alice').press('Ask for approval')
  await as('bob').waitFor(/asks to publish this[\s\S]*waits for 2 people/)
  expect((await as('alice').press('Approve')).text).toContain('You asked for this, so somebody else approves it.')
  expect((await as('bob').press('Approve')).text).toContain('It waits for 1 more.')
  expect((await as('bob').press('Approve')).text).toContain('You have approved this already.')
  const { ids } = world.discord
  await as('bob').waitFor((screen) => screen.includes(`Approved by`) && screen.includes('it waits for 1 more'))
  expect(await commitsOf(repo)).toEqual([])
  await as('root').press('Approve')
  const done = await as('alice').waitFor(/✓ Published #1/, { timeout: 20_000 })
  expect(done).toMatch(/approved by .*Bob.* and .*Root/)
  expect(await textOf(repo, 'README.md')).toContain('approved by 2 people before it was published')
  for (const name of ['alice', 'bob', 'root', ids.alice, ids.bob]) {
    expect((await textOf(repo, 'README.md')).toLowerCase()).not.toContain(name)
  }

  // Fewer are needed by now: what the card says of the first time stays, and nothing differs.
  set({ publish_approvals: 0 })
  const before = await commitsOf(repo)
  await as('alice').command('finetune publish', { run: '1' })
  await as('alice').press('Publish')
  await as('alice').waitFor(/✓ Nothing to publish: #1/, { timeout: 20_000 })
  expect(await commitsOf(repo)).toEqual(before)
})

test('who takes back what was asked loses the approvals, since it may be changed then', async () => {
  await finished()
  set({ publish_approvals: 2 })
  await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  await as('alice').press('Ask for approval')
  await as('bob').press('Approve')
  await as('alice').press('Take back')
  await as('alice').waitFor(/\[Ask for approval\]/)
  await as('alice').press('Ask for approval')
  await as('alice').waitFor(/waits for 2 people/)
})

test('who may: the starter without a role; with one its members only, and who manages the server', async () => {
  await finished()
  const refused = /is .*Alice.*'s; only they or somebody who manages the server/
  expect((await as('bob').command('finetune publish', { run: '1' })).text).toMatch(refused)
  await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  const id = String(latest()?.id)
  for (const action of ['publish-go', 'publish-change', 'publish-withdraw']) {
    expect((await as('bob').press(`ft1:${action}:1:${id}`)).text, action).toMatch(refused)
  }
  // The form of somebody who lost the right meanwhile.
  set({ publish_role: world.discord.ids.reviewer, publish_approvals: 1 })
  await as('bob').press('Change')
  set({ publish_role: world.discord.ids.admin })
  const members = /Publishing is for members of/
  expect((await as('bob').submit({ Repository: 'team/x', Visibility: 'public' })).text).toMatch(members)
  expect((await as('alice').press(`ft1:publish-go:1:${id}`)).text).toMatch(members)
  await as('root').press(`ft1:publish-go:1:${id}`)
  await as('alice').waitFor(/\[Approve\]/)
  expect((await as('alice').press('Approve')).text).toMatch(members)
  expect((await as('bob').press('Approve')).text).toMatch(members)
  expect(latest()).toMatchObject({ state: 'asked', requested_by: world.discord.ids.root })
  set({ publish_role: world.discord.ids.reviewer })
  await as('bob').press('Approve')
  await as('alice').waitFor(/✓ Published #1/, { timeout: 20_000 })
})

test('a failure has its sentence and Try again, which goes on without new approvals', async () => {
  await finished()
  const repo = fresh()
  await as('alice').command('finetune publish', { run: '1', repo })
  const heal = hub.addFault({ on: /\/commit\/main/, fault: { is: 'status', status: 403, error: 'No space left' } })
  await as('alice').press(`ft1:publish-go:1:${latest()?.id}`)
  const failed = await as('alice').waitFor(/✗ Not published: #1/, { timeout: 20_000 })
  expect(failed).toContain('may not do this with model')
  expect(failed).toContain('No space left')
  heal()
  await as('alice').press('Try again')
  await as('alice').waitFor(/✓ Published #1/, { timeout: 20_000 })
})

test('two presses upload once', async () => {
  await finished()
  const repo = fresh()
  await as('alice').command('finetune publish', { run: '1', repo })
  const go = `ft1:publish-go:1:${latest()?.id}`
  await Promise.all([as('alice').press(go), as('root').press(go), as('alice').press(go)])
  await as('alice').waitFor(/✓ Published #1/, { timeout: 20_000 })
  expect(await commitsOf(repo)).toHaveLength(2)
})

test('an upload that is at work is not taken for one of a process that is gone', async () => {
  await finished()
  await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  const heal = hub.addFault({ on: /PUT \/upload/, times: 1, fault: { is: 'delay', ms: 1_500 } })
  await as('alice').press('Publish')
  await as('alice').waitFor(/Uploads/, { timeout: 20_000 })
  // The connection to Discord was fresh.
  takeUpPublishes(world.context)
  expect(latest()?.state).toBe('uploading')
  // Meanwhile the run is not published a second time.
  await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  expect((await as('alice').press('Publish')).text).toContain('is being uploaded to')
  heal()
  await as('alice').waitFor(/✓ Published #1/, { timeout: 20_000 })
})

test('Stop ends an upload; Try again makes one commit', async () => {
  await finished()
  const repo = fresh()
  await as('alice').command('finetune publish', { run: '1', repo })
  const heal = hub.addFault({ on: /PUT \/upload/, fault: { is: 'delay', ms: 30_000 } })
  await as('alice').press('Publish')
  await as('alice').waitFor(/Uploads/, { timeout: 20_000 })
  expect((await as('bob').press('Stop')).text).toMatch(/only they or somebody who manages the server/)
  await as('root').press('Stop')
  await as('alice').waitFor(/✗ Not published: #1[\s\S]*It was stopped before everything was there/, { timeout: 20_000 })
  const { actor, reason } = listChanges(world.context.database, 1).at(-1) ?? {}
  expect([actor, reason]).toEqual([world.discord.ids.root, `stopped publishing to ${repo}`])
  heal()
  await as('alice').press('Try again')
  await as('alice').waitFor(/✓ Published #1/, { timeout: 20_000 })
  expect(await commitsOf(repo)).toHaveLength(2)
})

test('the card goes where it can: to the channel when the thread is gone; nowhere to write is said', async () => {
  await finished()
  const { database } = world.context
  setThread(database, { id: 1, thread_id: '123456789012345678' })
  const said = await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  expect(said.text).toContain('#training')
  expect(as('alice').screen(world.discord.ids.training)).toContain('[Publish]')

  world.discord.inject.revoke(world.discord.ids.training, PermissionFlagsBits.SendMessages)
  const refused = await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  expect(refused.text).toContain('I may not write where run #1 is told of, in #training.')
  expect(latest()?.state).toBe('discarded')
})

test('a card that somebody deleted stays deleted; the upload goes on, and another card finds it done', async () => {
  await finished()
  const repo = fresh()
  await as('alice').command('finetune publish', { run: '1', repo })
  const card = as('alice')
    .messages()
    .find(({ components }) => JSON.stringify(components).includes('publish-go'))
  const heal = hub.addFault({ on: /PUT \/upload/, times: 1, fault: { is: 'delay', ms: 1_000 } })
  await as('alice').press('Publish')
  await as('alice').waitFor(/Uploads/, { timeout: 20_000 })
  world.discord.inject.deleteMessage(String(card?.id))
  heal()
  while (latest()?.state === 'uploading') await sleep(50)
  expect(latest()?.state).toBe('published')
  expect(as('alice').screen()).not.toMatch(/Uploads|✓ Published/)
  await as('alice').command('finetune publish', { run: '1', repo })
  await as('alice').press('Publish')
  await as('alice').waitFor(/✓ Nothing to publish: #1/, { timeout: 20_000 })
})

test('a button leads to no publication of another run', async () => {
  await finished()
  const other = finishedRun({ database: world.context.database, folder: world.folder, ids: world.discord.ids })
  await as('alice').command('finetune publish', { run: '1', repo: fresh() })
  const id = latest()?.id ?? 0
  const mine = getRun(world.context.database, 1)
  expect(askedPublish(world.context, { run: mine, id }).id).toBe(id)
  for (const asked of [
    { run: other, id },
    { run: mine, id: id + 1 },
  ]) {
    expect(() => askedPublish(world.context, asked)).toThrow('That is not in the record any more.')
  }
})
