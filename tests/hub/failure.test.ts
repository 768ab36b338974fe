import { expect, test } from 'vitest'
import { MODEL_TYPES } from '../../src/engine/models/kinds.ts'
import { startLocalHub } from '../../src/hub/local/local-hub.ts'
import { HubError } from '../../src/hub/failure.ts'
import { readModel } from '../../src/hub/model.ts'
import { waitBefore } from '../../src/hub/retry.ts'
import type { Token } from '../../src/hub/token.ts'
import { CANARY_TOKEN, hubRoom, tokenOf } from './room.ts'

const { hub, cacheFolder } = await hubRoom()

async function failureOf(name: string, token: Token | null = null): Promise<HubError> {
  const error: unknown = await readModel({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, name, token }).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(HubError)
  return error as HubError
}

test.each([
  ['no/such-model', null, 'missing', 'Check the spelling. If it is private, whoever runs the bot sets HF_TOKEN'],
  ['no/such-model', CANARY_TOKEN, 'missing', 'its owner gives the account behind the token from HF_TOKEN access'],
  ['trouble/private', null, 'missing', 'or it is private: the Hub gives the same answer to both'],
  ['trouble/private', CANARY_TOKEN, 'missing', 'gives the same answer to both'],
  ['trouble/gated', null, 'gated', 'Someone with a Hub account accepts them at'],
  [
    'trouble/gated',
    tokenOf('hf_readonlyreadonly'),
    'gated',
    'The person whose account the token from HF_TOKEN belongs to',
  ],
  ['trouble/gated-by-hand', CANARY_TOKEN, 'gated', 'The owner has not yet said yes to this account'],
  ['trouble/disabled', null, 'disabled', 'Nobody here can change that'],
  ['finetune/encoder', tokenOf('hf_revokedrevoked'), 'unauthorized', 'Whoever runs the bot makes a new one at'],
] as const)('%s: its own failure, and who must do what', async (name, token, is, sentence) => {
  const error = await failureOf(name, token)
  expect(error.failure.is).toBe(is)
  expect(error.text).toContain(sentence)
})

test('what the Hub does not show to whoever is signed in is missing: nothing is wrong with the token', async () => {
  const fault = { is: 'status', status: 401, headers: { 'x-error-code': 'RepoNotFound' } } as const
  const end = hub.addFault({ on: /finetune\/encoder\/revision/, fault })
  expect((await failureOf('finetune/encoder', CANARY_TOKEN)).failure.is).toBe('missing')
  end()
})

test('a token of a server is replaced by its admin, not by the operator', async () => {
  const token = { ...tokenOf('hf_revokedrevoked'), source: "this server's settings", keeper: 'admin' as const }
  expect((await failureOf('finetune/encoder', token)).text).toContain('An admin of this server makes a new one')
})

test('who has accepted the terms gets in', async () => {
  const model = await readModel({
    trainable: MODEL_TYPES,
    hubUrl: hub.url,
    cacheFolder,
    name: 'trouble/gated',
    token: CANARY_TOKEN,
  })
  expect(model.gated).toBe('auto')
  expect(model.suitability.is).toBe('trainable')
})

test('429 names the wait, and is waited for when it is short', async () => {
  const long = hub.addFault({
    on: /finetune\/encoder\/revision/,
    fault: { is: 'status', status: 429, headers: { 'retry-after': '300' } },
  })
  const error = await failureOf('finetune/encoder')
  expect(error.failure).toMatchObject({ is: 'rate-limited', retryAfter: 300 })
  expect(error.message).toContain('wait 5 min')
  long()

  hub.addFault({
    on: /finetune\/encoder\/revision/,
    times: 1,
    fault: { is: 'status', status: 429, headers: { 'retry-after': '0' } },
  })
  const model = await readModel({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, name: 'finetune/encoder' })
  expect(model.name).toBe('finetune/encoder')
})

test("the Hub's ratelimit header is understood, too", async () => {
  const end = hub.addFault({
    on: /finetune\/encoder\/revision/,
    fault: { is: 'status', status: 429, headers: { ratelimit: '"api";r=0;t=240' } },
  })
  expect((await failureOf('finetune/encoder')).failure).toMatchObject({ retryAfter: 240 })
  end()
})

test('5xx is tried again; what stays down is said to be the fault of the Hub', async () => {
  hub.addFault({ on: /finetune\/encoder\/revision/, times: 1, fault: { is: 'status', status: 503 } })
  expect(
    (await readModel({ trainable: MODEL_TYPES, hubUrl: hub.url, cacheFolder, name: 'finetune/encoder' })).from,
  ).toBe('hub')

  const end = hub.addFault({ on: /finetune\/encoder\/revision/, fault: { is: 'status', status: 500 } })
  expect((await failureOf('finetune/encoder')).message).toContain('a problem of its own (it answered 500)')
  end()
})

test('a Hub that is not there, and HF_HUB_OFFLINE, are told apart', async () => {
  const gone = await startLocalHub()
  await gone.close()
  const options = { hubUrl: gone.url, cacheFolder, name: 'finetune/encoder' }
  await expect(readModel({ trainable: MODEL_TYPES, ...options })).rejects.toMatchObject({
    failure: { is: 'unreachable', code: 'ECONNREFUSED' },
  })
  await expect(readModel({ trainable: MODEL_TYPES, ...options, offline: true })).rejects.toMatchObject({
    failure: { is: 'offline' },
  })
})

test('something else behind the address is no Hub', async () => {
  const strange = { ok: 1 }
  const fetcher: typeof fetch = () => Promise.resolve(Response.json(strange))
  const error: unknown = await readModel({
    trainable: MODEL_TYPES,
    hubUrl: hub.url,
    cacheFolder,
    name: 'a/b',
    fetch: fetcher,
  }).catch((e: unknown) => e)
  expect((error as HubError).text).toMatch(/not understood here.*checks HF_ENDPOINT/)
})

test('only what mends itself is tried again, later each time, at different moments', () => {
  const patience = { attempts: 5, base: 100, longest: 1_000 }
  const subject = { type: 'model', name: 'a/b' } as const
  const wait = (failure: HubError['failure'], tried: number, random: number) =>
    waitBefore({ failure, tried, patience, random: () => random })
  const down = { is: 'unavailable', status: 503, retryAfter: null } as const
  expect([1, 2, 3, 4, 5].map((tried) => wait(down, tried, 1))).toEqual([100, 200, 400, 800, null])
  expect([1, 2].map((tried) => wait(down, tried, 0))).toEqual([50, 100])
  expect(wait({ is: 'rate-limited', retryAfter: 0.5, signedIn: true }, 1, 0)).toBe(500)
  expect(wait({ is: 'rate-limited', retryAfter: 2, signedIn: true }, 1, 0)).toBeNull()
  expect(wait({ is: 'unreachable', code: 'ENOTFOUND', transient: false }, 1, 0)).toBeNull()
  for (const is of ['missing', 'gated', 'unauthorized'] as const) {
    expect(wait({ is, subject, signedIn: true, waiting: false }, 1, 0)).toBeNull()
  }
})
