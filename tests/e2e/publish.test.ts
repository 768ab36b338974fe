import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type LocalHub, startLocalHub } from '../../src/hub/local/local-hub.ts'
import { findCommit, type Repository } from '../../src/hub/local/repository.ts'
import { type Playground, startPlayground } from '../../src/playground/server/playground.ts'
import { openDatabase } from '../../storage/database.ts'
import { finishedRun } from '../bot/finished-run.ts'
import { canary, checkSaid } from '../setup/canary-search.ts'
import { type BotProcess, botProcess } from './bot-process.ts'

const TOKEN = canary()
const REVISION = '0123456789abcdef0123456789abcdef01234567'

let discord: Playground
let hub: LocalHub
let folder: string
let bot: BotProcess

beforeEach(async () => {
  discord = await startPlayground({ rateLimits: false })
  hub = await startLocalHub({ accounts: [{ token: TOKEN, name: 'ann', role: 'write' }] })
  folder = mkdtempSync(join(tmpdir(), 'finetune-publish-'))
  const database = openDatabase(join(folder, 'finetune.db'))
  finishedRun({ database, folder, ids: discord.ids, dataset: 'stanfordnlp/imdb', dataset_revision: REVISION })
  database.close()
  const env = {
    HF_ENDPOINT: hub.url,
    HF_TOKEN: '',
    HF_HUB_OFFLINE: '',
    HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
    FINETUNE_SECRET: 'a key of more than sixteen characters',
    FINETUNE_EDIT_INTERVAL_MS: '150',
  }
  bot = botProcess({ discord, folder, env })
})

afterEach(async () => {
  await bot.kill()
  checkSaid(discord)
  await discord.close()
  await hub.close()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** Processes that upload for a bot, by their number. */
function uploaders(): { pid: string; said: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const said = [tryRead(`/proc/${pid}/cmdline`), tryRead(`/proc/${pid}/environ`)].join('\n')
      return said.includes('upload-process.ts') && said.includes(folder) ? [{ pid, said }] : []
    })
}

test('kill -9 in the middle of an upload: interrupted, Try again, one commit; the token is nowhere', async () => {
  const root = discord.as('root')
  await bot.start()
  await root.command('finetune settings')
  await root.press('Set Hub token')
  await root.submit({ Token: TOKEN })
  await root.waitFor(/The token is `ann`’s/, { timeout: 20_000 })

  await root.command('finetune publish', { run: '1' })
  const heal = hub.addFault({ on: /PUT \/upload/, fault: { is: 'delay', ms: 60_000 } })
  await root.press('Publish')
  await root.waitFor(/Uploads/, { timeout: 20_000 })
  const [uploader] = uploaders()
  expect(uploader).toBeDefined()
  expect(uploader?.said).not.toContain(TOKEN)
  await bot.kill()
  while (uploaders().length > 0) await sleep(50)
  heal()

  await bot.start()
  const screen = await root.waitFor(/✗ Not published: #1[\s\S]*It was interrupted/, { timeout: 20_000 })
  expect(screen).toContain('[Try again]')
  const repository = () => hub.repositories().find(({ name }) => name === 'ann/encoder-imdb-1')
  expect(await repository()?.commits('main')).toHaveLength(1)
  await root.press('Try again')
  await root.waitFor(/✓ Published #1/, { timeout: 30_000 })
  expect(await repository()?.commits('main')).toHaveLength(2)

  const files = await filesOf(repository())
  expect(Object.keys(files).sort()).toEqual([
    '.eval_results/stanfordnlp--imdb.yaml',
    '.gitattributes',
    'README.md',
    'config.json',
    'onnx/model.onnx',
    'tokenizer.json',
    'tokenizer_config.json',
  ])
  expect(files['.eval_results/stanfordnlp--imdb.yaml']).toMatch(
    /^- dataset:\n {4}id: "stanfordnlp\/imdb"\n {4}task_id: default\n {4}revision: "0123456789abcdef[\da-f]+"\n {2}value: 0\.95\n {2}date: "20/,
  )
  expect(files['README.md']).toContain('- dataset: `stanfordnlp/imdb`, revision `0123456789abcdef')
  expect(files['README.md']).toContain(`      type: stanfordnlp/imdb\n      revision: "${REVISION}"\n    metrics:`)
  expect(files['README.md']).toMatch(/ {4}- name: Accuracy\n {6}type: accuracy\n {6}value: 0\.95/)

  await bot.kill()
  for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    expect(tryRead(join(folder, file)).includes(TOKEN), file).toBe(false)
  }
  const said = JSON.stringify([[...discord.state.messages.values()].map((of) => [...of.values()])])
  expect(said).toContain('encoder-imdb-1')
  expect(said).not.toContain(TOKEN)
})

async function filesOf(repository: Repository | undefined): Promise<Record<string, string>> {
  const head = repository && (await findCommit(repository, 'main'))
  const entries = [...(head?.files ?? [])].map(
    async ([path, { read, size }]) => [path, await text(read(0, size))] as const,
  )
  return Object.fromEntries(await Promise.all(entries))
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}
