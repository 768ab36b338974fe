import { beforeAll, expect, test } from 'vitest'
import { hubAccountCheck, secretCheck } from '../../src/cli/hub-check.ts'
import { readConfig } from '../../src/config.ts'
import { type LocalHub, startLocalHub } from '../../src/hub/local/local-hub.ts'
import { canary } from '../setup/canary-search.ts'

let hub: LocalHub
beforeAll(async () => {
  hub = await startLocalHub({
    accounts: [
      { token: canary(), name: 'ann', orgs: ['team'], role: 'write' },
      { token: 'hf_readonlyreadonly', name: 'ann', role: 'read' },
    ],
  })
  return () => hub.close()
})

test.each([
  ['a token that may publish', { HF_TOKEN: canary() }, 'ok', /as ann by HF_TOKEN; may publish to ann, team$/, null],
  [
    'one that only reads',
    { HF_TOKEN: 'hf_readonlyreadonly' },
    'note',
    /as ann: reads only/,
    /makes one with write access/,
  ],
  ['none', {}, 'note', /without a token: public models/, /makes one with write access at .* sets HF_TOKEN/],
  [
    'one that was revoked',
    { HF_TOKEN: 'hf_nobodyknowsthis' },
    'missing',
    /does not accept the token/,
    /makes a new one/,
  ],
  ['no token at all', { HF_TOKEN: 'sk-other' }, 'missing', /What HF_TOKEN holds is no Hub token/, /settings\/tokens/],
  ['a Hub that is away', { HF_ENDPOINT: 'http://127.0.0.1:9' }, 'note', /without a token|cannot be reached/, /./],
  ['offline', { HF_TOKEN: canary(), HF_HUB_OFFLINE: '1' }, 'note', /HF_HUB_OFFLINE is set/, null],
] as const)('doctor says whose the Hub token is: %s', async (_, env, is, says, remedy) => {
  const config = readConfig({ HF_ENDPOINT: hub.url, HF_HUB_DISABLE_IMPLICIT_TOKEN: '1', ...env })
  const check = await hubAccountCheck(config)
  expect(check).toMatchObject({ what: 'Hub', is })
  expect(check.says).toMatch(says)
  if (remedy === null) expect(check.remedy).toBeNull()
  else expect(check.remedy).toMatch(remedy)
  expect(JSON.stringify(check)).not.toMatch(/hf_\w{8}|sk-other/)
})

test('doctor says whether servers can have tokens of their own', () => {
  expect(secretCheck(readConfig({}))).toMatchObject({ is: 'note' })
  expect(secretCheck(readConfig({ FINETUNE_SECRET: 'short' }))).toMatchObject({ is: 'missing' })
  expect(secretCheck(readConfig({ FINETUNE_SECRET: 'sixteen letters!' }))).toMatchObject({ is: 'ok' })
})
