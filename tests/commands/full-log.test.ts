import { PermissionFlagsBits } from 'discord.js'
import { afterEach, expect, test } from 'vitest'
import { getRun } from '../../storage/runs.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

let world: World
afterEach(() => world.clear())
const as = (name: 'alice' | 'bob' | 'root') => world.discord.as(name)

test('the full log comes as a file, to who started the run or manages the server alone', async () => {
  world = await openWorld({ engine: 'train-then-fail' })
  await draft(world)
  await as('alice').press('Launch')
  await as('alice').waitFor(/✗ #1 encoder on tiny\.csv failed/, { timeout: 20_000 })

  const { text, ephemeral } = await as('alice').press('Full log')
  expect(text).toContain('(file: run-1.log)')
  expect(ephemeral).toBe(true)
  const { thread_id } = getRun(world.context.database, 1)
  const [file] = [...(world.discord.state.messages.get(thread_id ?? '')?.values() ?? [])].flatMap(
    ({ shown }) => shown.attachments,
  )
  expect(await (await fetch(file?.url ?? '')).text()).toContain('Expected 2 labels, got 1')

  const refused = await as('bob').press('Full log')
  expect(refused.text).toContain("Run #1 is @Alice's")
  expect(refused.ephemeral).toBe(true)
  expect((await as('root').press('Full log')).text).toContain('run-1.log')

  world.discord.inject.revoke(thread_id ?? '', PermissionFlagsBits.AttachFiles)
  expect((await as('alice').press('Full log')).text).toContain('I may not attach files in this channel.')
})
