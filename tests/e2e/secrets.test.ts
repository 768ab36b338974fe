import { readFileSync } from 'node:fs'
import { afterEach, expect, test } from 'vitest'
import { getRun } from '../../storage/runs.ts'
import { draft, openWorld, type World } from '../bot/world.ts'

let world: World
afterEach(() => world.clear())

/** One of each kind, put together here so that no scanner takes this file for a leak. */
const glue = (...parts: string[]) => parts.join('')
const SECRETS = [
  glue('hf_', 'CanaryCanaryCanaryCanary1'),
  glue('ghp_', 'CanaryCanaryCanaryCanaryCanary2'),
  glue('sk-', 'CanaryCanaryCanaryCanary3'),
  glue('AKIA', 'CANARYCANARY4444'),
  glue('Authorization: Bearer ', 'CanaryCanaryCanary5'),
  glue('https://ann:', 'CanaryCanary6', '@git.example/x'),
  glue('M'.repeat(24), '.Cana_y.', 'Canary-Canary-Canary-Canary-7'),
  glue('HF_TOKEN=', 'CanaryCanary8'),
]
const canary = /Canary|CANARY/

test.each([{}, { FIXTURE_SILENT: '1' }])(
  'a secret in what the engine says is nowhere in the record, on a card or in our log, and its text does nothing: %j',
  async (how) => {
    world = await openWorld({ engine: 'train-leaky', env: { FIXTURE_SECRETS: JSON.stringify(SECRETS), ...how } })
    const alice = world.discord.as('alice')
    await draft(world)
    await alice.press('Launch')
    await alice.waitFor(/✗ #1 encoder on tiny\.csv failed/, { timeout: 20_000 })
    const log = await alice.press('Log')
    expect(log.text).toContain('AcmeError')

    expect((await alice.press('Full log')).text).toContain('run-1.log')

    const { thread_id, folder } = getRun(world.context.database, 1)
    const shown = [...(world.discord.state.messages.get(String(thread_id))?.values() ?? [])]
    const [file] = shown.flatMap((message) => message.shown.attachments)
    const whole = await (await fetch(String(file?.url))).text()
    expect(whole).toContain('AcmeError')
    expect(whole).not.toMatch(canary)
    // The canary was there to be found.
    expect(readFileSync(`${String(folder)}/engine.log`, 'utf8')).toMatch(canary)
    const screen = alice.screen()
    expect(screen).toContain('[hf token]')
    expect(screen).not.toMatch(canary)
    const thread = alice.screen(thread_id)
    expect(thread).not.toMatch(/[\u202a-\u202e\u200b\u200e\u200f]/)
    const outside = thread.replaceAll(/```[\s\S]*?\n```|`[^`\n]*`/g, '')
    expect(outside).not.toMatch(/@everyone|\[click\]\(/)
    expect(alice.pings).toHaveLength(1)

    await world.leave()
    for (const file of ['finetune.db', 'finetune.db-wal']) expect(read(file)).not.toMatch(canary)
    expect(read('finetune.db')).toContain('[hf token]')
    expect(JSON.stringify(world.complaints)).not.toMatch(canary)
  },
)

test('a secret in a text that a person brings is not kept and not repeated', async () => {
  world = await openWorld()
  const alice = world.discord.as('alice')
  const text = `Traceback (most recent call last):\nAcmeError: no seat for ${SECRETS.join(' | ')}`
  await alice.command('finetune explain', { text })
  const root = world.discord.as('root')
  await root.press('Teach me')
  expect(root.modal()?.text).toContain('AcmeError: no seat for [hf token]')
  await root.submit({
    title: `Bad ${SECRETS[0]}`,
    line: 'AcmeError: no seat left',
    why: SECRETS.join(' '),
    remedy: `use ${SECRETS[1]}`,
  })
  await alice.waitFor(/HERE-1/)
  // What Alice typed is hers; what the bot made of it is looked at.
  const said = alice.messages().filter(({ author }) => author.id === world.discord.ids.bot)
  expect(JSON.stringify(said)).not.toMatch(canary)
  await world.leave()
  expect(read('finetune.db')).not.toMatch(canary)
  expect(read('finetune.db')).toContain('AcmeError: no seat left')
})

function read(file: string): string {
  try {
    return readFileSync(`${world.folder}/${file}`, 'latin1')
  } catch {
    return ''
  }
}
