import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { CATALOGUE } from '../../src/diagnosis/catalogue/all.ts'
import { explain } from '../../src/diagnosis/explain.ts'
import { openSource } from '../../src/engine/data/source.ts'
import { EXIT, type ExitName } from '../../src/engine/exit-codes.ts'
import { failureOf } from '../../src/engine/failure.ts'
import { reachHub } from '../../src/engine/hub.ts'
import { loadPretrained } from '../../src/engine/pretrained.ts'
import type { EventOf, RunEvent } from '../../src/run/events.ts'
import { parseEvent } from '../../src/run/read-event.ts'
import { RUN_FOLDER, RunFile } from '../../src/run/run-file.ts'
import { buildSpec } from '../../src/run/spec.ts'
import { CANARY, hubRoom } from './room.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
const { hub } = await hubRoom()
const root = await mkdtemp(join(tmpdir(), 'hub-trouble-'))
afterAll(() => rm(root, { recursive: true, force: true }))
let runs = 0

interface Names {
  model?: string
  dataset?: string
  env?: Record<string, string>
}

/** A real engine on names of the Hub, with a cache of its own. */
async function engine({
  model = 'finetune/encoder',
  dataset = 'finetune/emails',
  cache = `cache-${runs}`,
  env = {},
}: Names & { cache?: string } = {}) {
  const folder = join(root, `run-${++runs}`)
  const folders = { models_folder: join(root, 'models'), datasets_folder: join(root, 'datasets'), cache_folder: root }
  for (const each of [folder, folders.models_folder, folders.datasets_folder]) await mkdir(each, { recursive: true })
  const args = { max_steps: 1, max_length: 16, eval_strategy: 'no', save_strategy: 'no' } as const
  const spec = buildSpec({ model, dataset, args })
  const run: RunFile = { version: 1, run: 1, launch: 'x', spec, ...folders }
  writeFileSync(join(folder, RUN_FOLDER.run), JSON.stringify(RunFile.parse(run)))
  const started = performance.now()
  const child = execFile(process.execPath, [FINETUNE, 'train', folder], {
    env: {
      ...process.env,
      HF_ENDPOINT: hub.url,
      HF_HUB_CACHE: join(root, cache),
      HF_HUB_OFFLINE: '',
      HF_TOKEN: '',
      HF_HUB_DISABLE_IMPLICIT_TOKEN: '1',
      ...env,
    },
  })
  const exited = new Promise<number | null>((done) => child.on('exit', done))
  const events = () =>
    readFileSync(join(folder, RUN_FOLDER.events), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseEvent(line) as RunEvent)
  const ended = async () => {
    const code = await exited
    const last = events().at(-1)
    return { code, last, failed: last as EventOf<'failed'>, seconds: (performance.now() - started) / 1000 }
  }
  return { folder, child, events, ended }
}

const CASES: readonly [what: string, named: Names, code: string, exit: ExitName, cause: string, said: RegExp][] = [
  ['a gated model, nobody signed in', { model: 'trouble/gated' }, 'hub-gated', 'denied', 'FT-HUB-GATED', /gated/],
  [
    'a gated model, its owner has not answered',
    { model: 'trouble/gated-by-hand', env: { HF_TOKEN: CANARY } },
    'hub-gated',
    'denied',
    'FT-HUB-GATED',
    /has not yet said yes/,
  ],
  [
    'a model that is nowhere',
    { model: 'no/such' },
    'model-not-found',
    'notFound',
    'FT-HUB-NOT-FOUND',
    /or it is private/,
  ],
  [
    'a private dataset',
    { dataset: 'no/such' },
    'dataset-not-found',
    'notFound',
    'FT-HUB-NOT-FOUND',
    /or it is private/,
  ],
  ['a disabled model', { model: 'trouble/disabled' }, 'hub-disabled', 'notFound', 'FT-HUB-DISABLED', /switched off/],
  [
    'a token that is not accepted',
    { env: { HF_TOKEN: 'hf_revokedrevoked' } },
    'hub-unauthorized',
    'denied',
    'FT-HUB-TOKEN',
    /does not accept the token from HF_TOKEN/,
  ],
  ['a pickle', { model: 'trouble/pickle' }, 'model-unsupported', 'data', 'FT-MODEL-UNSUPPORTED', /a pickle/],
  ['a t5', { model: 'trouble/unsupported' }, 'model-unsupported', 'data', 'FT-MODEL-UNSUPPORTED', /kind `t5`/],
  ['what came damaged twice', { model: 'trouble/damaged' }, 'hub-corrupt', 'io', 'FT-HUB-CUT', /came damaged, twice/],
  [
    'offline, and not in the cache',
    { env: { HF_HUB_OFFLINE: '1' } },
    'hub-offline',
    'notFound',
    'FT-HUB-OFFLINE',
    /HF_HUB_OFFLINE is set/,
  ],
  [
    'no Hub at that address',
    { env: { HF_ENDPOINT: 'http://127.0.0.1:9' } },
    'hub-unreachable',
    'tempFail',
    'FT-HUB-OFFLINE',
    /cannot be reached/,
  ],
]

test.each(CASES)(
  '%s: its own code, exit code and cause',
  async (_, { model, dataset, env = {} }, code, exit, cause, said) => {
    const cache = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(root, 'refused'), HF_HUB_DISABLE_IMPLICIT_TOKEN: '1' }
    const reach = reachHub({}, { ...cache, ...env })
    const bring = async () => {
      await loadPretrained({ model: model ?? 'finetune/encoder', models_folder: root, reach })
      await openSource({ dataset: dataset ?? 'finetune/emails', datasets_folder: root, reach })
    }
    const failed = failureOf(await bring().catch((error: unknown) => error))
    expect(failed).toMatchObject({ code, exit, message: expect.stringMatching(said) as string })
    expect(failed.remedy ?? '').not.toBe('')
    const explained = explain({
      text: `${failed.trace}\n${failed.message}`,
      facts: { engineCode: failed.code, engineRemedy: failed.remedy },
    })
    expect(explained?.code).toBe(cause)
    expect(explained?.why).toMatch(said)
  },
)

test('a run that needs no Hub is not stopped by what the environment says of one', async () => {
  const reach = reachHub({}, { HF_TOKEN: 'no token', HF_ENDPOINT: 'no address' })
  expect((await loadPretrained({ model: 'builtin/encoder', models_folder: root, reach })).from).toBeNull()
  await expect(loadPretrained({ model: 'a/b', models_folder: root, reach })).rejects.toThrow(/HF_ENDPOINT is/)
})

test('every failure of the Hub that a run can meet is explained by one cause', () => {
  const codes =
    'unauthorized forbidden gated missing no-revision no-file disabled rate-limited unavailable unreachable cut offline disk-full corrupt refused not-understood'
  for (const code of codes.split(' ')) {
    expect(CATALOGUE.filter(({ engine: named }) => named.includes(`hub-${code}`)).length, code).toBe(1)
  }
})

test('a model that becomes gated after it was looked at: the engine itself says so', async () => {
  const { failed, code } = await (await engine({ model: 'trouble/gated' })).ended()
  expect(failed).toMatchObject({
    type: 'failed',
    code: 'hub-gated',
    message: expect.stringContaining('gated') as string,
  })
  expect(code).toBe(EXIT.denied.code)
})

test('a Hub that asks to wait longer than anybody does: the run ends and says so', async () => {
  const end = hub.addFault({
    on: /GET \/cdn\//,
    fault: { is: 'status', status: 429, headers: { 'retry-after': '3600' } },
  })
  const { failed, code } = await (await engine()).ended()
  end()
  expect(failed).toMatchObject({ code: 'hub-rate-limited', message: expect.stringContaining('60 min') as string })
  expect(code).toBe(EXIT.tempFail.code)
})

test('a connection that is cut in the middle of a file, again and again: the run goes on from where it was', async () => {
  const before = hub.seen.length
  // Each answer brings 200 kB of 7 MB more; the first request begins at 0, the next ones do not.
  const end = hub.addFault({ on: /GET \/cdn\//, times: 4, fault: { is: 'cut', after: 200_000 } })
  const { last, code } = await (await engine()).ended()
  end()
  expect(last?.type).toBe('done')
  expect(code).toBe(0)
  const ranges = hub.seen.slice(before).flatMap(({ range, storage }) => (storage && range !== null ? [range] : []))
  expect(ranges.length).toBeGreaterThan(0)
  expect(ranges.every((range) => !range.startsWith('bytes=0-'))).toBe(true)
})

test('a stop while it downloads: it ends at once, there is nothing to save, and the next run goes on from there', async () => {
  // 7 MB, in 17 seconds.
  const end = hub.addFault({ on: /GET \/cdn\//, fault: { is: 'slow', bytesPerSecond: 400_000 } })
  const { events, folder, ended } = await engine({ cache: 'stopped' })
  // Model and data come at once, in any order. What is told of is on disk.
  const isThere = (event: RunEvent) =>
    event.type === 'progress' && event.what === 'downloading finetune/encoder, MB' && event.done > 0
  await expect.poll(() => safely(events).some(isThere), { timeout: 20_000 }).toBe(true)
  writeFileSync(join(folder, RUN_FOLDER.stop), JSON.stringify({ by: '7' }))
  const asked = performance.now()
  const { failed, code } = await ended()
  expect(performance.now() - asked).toBeLessThan(10_000)
  end()
  expect(failed).toMatchObject({ type: 'failed', code: 'stopped-early' })
  expect(code).toBe(EXIT.tempFail.code)

  const before = hub.seen.length
  expect((await (await engine({ cache: 'stopped' })).ended()).last?.type).toBe('done')
  const ranges = hub.seen.slice(before).flatMap(({ range, storage }) => (storage ? [range] : []))
  expect(ranges.filter((range) => range !== null && /^bytes=[1-9]/.test(range))).not.toEqual([])
})

function safely(events: () => RunEvent[]): RunEvent[] {
  try {
    return events()
  } catch {
    return []
  }
}
