import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { expect, test } from 'vitest'
import { MODEL_TYPES } from '../../src/engine/models/kinds.ts'
import { readHubSettings, viewerOf } from '../../src/hub/endpoint.ts'
import { HubError } from '../../src/hub/failure.ts'
import { withFileLock } from '../../src/hub/file-lock.ts'
import { downloadModel, readModel } from '../../src/hub/model.ts'
import { decryptSecret, encryptSecret } from '../../src/hub/secret.ts'
import { readToken, secretToken } from '../../src/hub/token.ts'
import { missingScope, whoAmI, writableNamespaces } from '../../src/hub/whoami.ts'
import { CANARY, CANARY_TOKEN, hubRoom, temporaryFolder, tokenOf } from './room.ts'

const { hub, folder, cacheFolder } = await hubRoom()

test('the token is found where the official tools keep it', async () => {
  const home = await temporaryFolder()
  expect(readToken({ HF_HOME: home })).toBeNull()
  await writeFile(join(home, 'token'), `${CANARY}\n`)
  const kept = readToken({ HF_HOME: home })
  expect(kept?.reveal()).toBe(CANARY)
  expect(kept?.source).toBe('`hf auth login`')
  expect(readToken({ HF_HOME: home, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' })).toBeNull()
  expect(readToken({ HF_HOME: home, HF_TOKEN: 'hf_fromenvironment' })?.source).toBe('HF_TOKEN')
  await mkdir(join(home, '.cache/huggingface'), { recursive: true })
  await writeFile(join(home, '.cache/huggingface/token'), 'hf_athomeathome')
  expect(readToken({ HOME: home })?.reveal()).toBe('hf_athomeathome')
  expect(readToken({ HOME: home, HF_TOKEN_PATH: join(home, 'token') })?.reveal()).toBe(CANARY)
})

test('HF_ENDPOINT, HF_HUB_OFFLINE and the folders', () => {
  const settings = readHubSettings({ HF_ENDPOINT: `${hub.url}/`, HF_HUB_OFFLINE: '1', HF_HOME: folder })
  expect(settings).toMatchObject({
    hubUrl: hub.url,
    viewerUrl: hub.url,
    offline: true,
    cacheFolder: join(folder, 'hub'),
    token: null,
  })
  expect(viewerOf('https://huggingface.co')).toBe('https://datasets-server.huggingface.co')
  expect(readHubSettings({ HF_HUB_CACHE: '/elsewhere', HF_HOME: folder }).cacheFolder).toBe('/elsewhere')
  expect(() => readHubSettings({ HF_ENDPOINT: 'huggingface' })).toThrow(/HF_ENDPOINT is `huggingface`/)
})

test('a token cannot be printed by mistake', () => {
  const holder = { access: { token: CANARY_TOKEN } }
  const prints = [inspect(holder, { depth: 9, showHidden: true }), JSON.stringify(holder)]
  for (const printed of prints) expect(printed).not.toContain(CANARY)
  const bad: unknown = (() => {
    try {
      return secretToken({ value: 'sk-not-of-the-hub', source: 'HF_TOKEN', keeper: 'operator' })
    } catch (error) {
      return error
    }
  })()
  expect(String(bad)).toContain('What HF_TOKEN holds is no Hub token')
  expect(String(bad)).not.toContain('sk-not')
})

test.each(['', 'hf_', 'hf_short', 'hf_with-a-dash', `hf_${'x'.repeat(201)}`])('%s is no token', (value) => {
  expect(() => tokenOf(value)).toThrow(/is no Hub token/)
})

test('whose it is and what it may do', async () => {
  expect(await whoAmI({ hubUrl: hub.url })).toBeNull()
  const who = await whoAmI({ hubUrl: hub.url, token: CANARY_TOKEN })
  expect(who).toEqual({
    name: 'alice',
    orgs: ['team'],
    role: 'write',
    writes: [],
    readsGated: true,
    source: 'HF_TOKEN',
  })
  expect(who && writableNamespaces(who)).toEqual(['alice', 'team'])
  const fine = await whoAmI({ hubUrl: hub.url, token: tokenOf('hf_finegrainedfine') })
  expect(fine && writableNamespaces(fine)).toEqual(['team'])
  const read = await whoAmI({ hubUrl: hub.url, token: tokenOf('hf_readonlyreadonly') })
  expect(missingScope({ who: read, need: 'publish' })).toMatch(/can only read/)
  expect(missingScope({ who: fine, need: 'publish', namespace: 'team' })).toBeNull()
  expect(missingScope({ who: fine && { ...fine, readsGated: false }, need: 'gated' })).toMatch(/public gated repos/)
  await expect(whoAmI({ hubUrl: hub.url, token: tokenOf('hf_revokedrevoked') })).rejects.toMatchObject({
    failure: { is: 'unauthorized' },
  })
})

test('a kept token is of no use without the key, for another server, or when it was changed', () => {
  const key = 'a key of more than sixteen characters'
  const kept = encryptSecret({ secret: CANARY, key, owner: '42' })
  expect(kept).not.toContain(CANARY)
  expect(kept).not.toBe(encryptSecret({ secret: CANARY, key, owner: '42' }))
  expect(decryptSecret({ kept, key, owner: '42' })).toBe(CANARY)
  expect(() => decryptSecret({ kept, key: `${key}!`, owner: '42' })).toThrow(/FINETUNE_SECRET is not what/)
  expect(() => decryptSecret({ kept, key, owner: '43' })).toThrow(/cannot be read/)
  const changed = kept.slice(0, -2) + (kept.endsWith('AA') ? 'BB' : 'AA')
  expect(() => decryptSecret({ kept: changed, key, owner: '42' })).toThrow(/cannot be read/)
  expect(() => decryptSecret({ kept: 'v1.x', key, owner: '42' })).toThrow(/cannot be read/)
  expect(() => encryptSecret({ secret: CANARY, key: null, owner: '42' })).toThrow(
    /FINETUNE_SECRET, the key, is not set/,
  )
  expect(() => encryptSecret({ secret: CANARY, key: 'short', owner: '42' })).toThrow(/too short/)
})

test('the token is in no file, no error, and in no command line or environment of a child', async () => {
  const access = { hubUrl: hub.url, cacheFolder, token: CANARY_TOKEN }
  await downloadModel({
    ...access,
    model: await readModel({ trainable: MODEL_TYPES, ...access, name: 'distilbert-base-uncased' }),
  })
  for (const name of await readdir(cacheFolder, { recursive: true })) {
    const bytes = await readFile(join(cacheFolder, name)).catch(() => null)
    expect(bytes?.includes(CANARY) ?? false, name).toBe(false)
  }

  const errors: unknown[] = []
  for (const name of ['no/such', 'trouble/gated-by-hand', 'trouble/disabled', 'bad name']) {
    errors.push(await readModel({ trainable: MODEL_TYPES, ...access, name }).catch((error: unknown) => error))
  }
  const end = hub.addFault({ on: /./, fault: { is: 'status', status: 403, error: `the token ${CANARY} may not` } })
  errors.push(
    await readModel({ trainable: MODEL_TYPES, ...access, name: 'finetune/encoder' }).catch((error: unknown) => error),
  )
  end()
  expect(errors.filter((error) => error instanceof HubError)).toHaveLength(4)
  for (const error of errors) expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(CANARY)

  const before = process.env.HF_TOKEN
  process.env.HF_TOKEN = CANARY
  try {
    await withFileLock({
      path: join(folder, 'some.lock'),
      work: async () => {
        const children = (await readFile(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8')).trim().split(' ')
        expect(children[0]).not.toBe('')
        for (const child of children) {
          for (const of of ['cmdline', 'environ'])
            expect(await readFile(`/proc/${child}/${of}`, 'utf8')).not.toContain(CANARY)
        }
      },
    })
  } finally {
    if (before === undefined) delete process.env.HF_TOKEN
    else process.env.HF_TOKEN = before
  }
})
