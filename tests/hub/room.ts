import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { type Account } from '../../src/hub/local/account.ts'
import { type LocalHub, startLocalHub } from '../../src/hub/local/local-hub.ts'
import type { Seed } from '../../src/hub/local/repository.ts'
import { demoSeeds } from '../../src/hub/local/seeds.ts'
import { secretToken, type Token } from '../../src/hub/token.ts'
import { canary } from '../setup/canary-search.ts'

export const CANARY = canary()

export const ACCOUNTS: readonly Account[] = [
  {
    token: CANARY,
    name: 'alice',
    orgs: ['team'],
    role: 'write',
    accepted: ['trouble/gated'],
    waiting: ['trouble/gated-by-hand'],
  },
  { token: 'hf_readonlyreadonly', name: 'alice', role: 'read' },
  {
    token: 'hf_finegrainedfine',
    name: 'alice',
    orgs: ['team'],
    role: 'fineGrained',
    scopes: [{ namespace: 'team', permissions: ['repo.write', 'repo.content.read'] }],
  },
]

export const tokenOf = (value: string): Token => secretToken({ value, source: 'HF_TOKEN', keeper: 'operator' })
export const CANARY_TOKEN = tokenOf(CANARY)
/** Tests wait for nothing that a person would have to wait for. */
export const HASTY = { attempts: 6, base: 5, longest: 2_000 }

const folders: string[] = []
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true })
})

/** A folder that is gone after the tests of the file. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'hub-test-'))
  folders.push(folder)
  return folder
}

/** A local Hub with what the demo has, and few reviews. */
export async function hubRoom({ more = [], reviews = 60 }: { more?: Seed[]; reviews?: number } = {}): Promise<{
  hub: LocalHub
  folder: string
  cacheFolder: string
}> {
  const folder = await temporaryFolder()
  const emails = (split: 'train' | 'test') =>
    Promise.resolve(
      Array.from({ length: split === 'train' ? 30 : 10 }, (_, i) => ({ text: `mail ${split} ${i}`, label: i % 2 })),
    )
  const seeds = [...demoSeeds({ folder, encoderFolder: ENCODER_FOLDER, emails, reviews }), ...more]
  const hub = await startLocalHub({ folder, seeds, accounts: ACCOUNTS })
  afterAll(() => hub.close())
  return { hub, folder, cacheFolder: join(folder, 'cache') }
}
