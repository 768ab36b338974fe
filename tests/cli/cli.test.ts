import { execFile, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startPlayground } from '../../src/playground/server/playground.ts'

const FINETUNE = resolve(import.meta.dirname, '../../src/finetune.mjs')
let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'finetune-cli-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

/** Runs `finetune …` as a person would, in an empty folder. */
function finetune(args: readonly string[], { input = '', env = {} }: { input?: string; env?: NodeJS.ProcessEnv } = {}) {
  return new Promise<{ code: number; out: string; err: string }>((settle) => {
    const child = execFile(
      process.execPath,
      [FINETUNE, ...args],
      { cwd: folder, env: { ...process.env, FINETUNE_DATA: join(folder, 'data'), DISCORD_TOKEN: '', ...env } },
      (error, out, err) => settle({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, out, err }),
    )
    child.stdin?.end(input)
  })
}

test('help names every command', async () => {
  const { code, out, err } = await finetune(['--help'])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  for (const command of ['demo', 'bot', 'playground', 'hub', 'train', 'explain', 'doctor', 'register']) {
    expect(out).toContain(command)
  }
})

test('nothing is said of a reader that has heard enough', async () => {
  const child = spawn(process.execPath, [FINETUNE, '--help'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  child.stdout.destroy()
  let err = ''
  child.stderr.on('data', (bytes: Buffer) => (err += String(bytes)))
  const code = await new Promise((settle) => child.once('close', settle))
  expect({ code, err }).toEqual({ code: 0, err: '' })
})

describe('a wrong call says what to do and exits with 64', () => {
  test.each([[['bogus']], [['train']], [['demo', '--port', 'x']], [['explain', '--yaml']]])('%j', async (args) => {
    const { code, err } = await finetune(args)
    expect(code).toBe(64)
    expect(err).toContain('finetune --help')
    expect(err).not.toMatch(/\n\s+at /)
  })
})

describe('explain', () => {
  const text = "TypeError: TrainingArguments.__init__() got an unexpected keyword argument 'evaluation_strategy'"

  test('a known cause, for people', async () => {
    const { code, out } = await finetune(['explain'], { input: text })
    expect(code).toBe(0)
    expect(out).toContain('eval_strategy')
  })

  test('a known cause, for programs', async () => {
    const { code, out } = await finetune(['explain', '--json'], { input: text })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ cause: 'eval-strategy-renamed' })
  })

  test('an unknown one is said plainly', async () => {
    const { code, out } = await finetune(['explain'], { input: 'ValueError: the moon is not in the right place' })
    expect(code).toBe(1)
    expect(out).toContain('not known')
    expect(out).toContain('the moon is not in the right place')
  })

  test('lines in, lines out', async () => {
    const input = `${JSON.stringify({ id: 'a', text })}\n${JSON.stringify({ id: 'b', text: 'all is well' })}\n`
    const { code, out } = await finetune(['explain', '--jsonl'], { input })
    expect(code).toBe(0)
    const [a, b] = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(a).toMatchObject({ id: 'a', cause: 'eval-strategy-renamed' })
    expect(b).toMatchObject({ id: 'b', code: null })
  })
})

test('doctor finds this machine fit, and says so to programs too', async () => {
  const { code, out } = await finetune(['doctor', '--json'])
  const { checks } = JSON.parse(out) as { checks: { what: string; is: string }[] }
  expect(checks.filter(({ is }) => is === 'missing')).toEqual([])
  expect(code).toBe(0)
})

test('doctor tells of each executor whether it would run, and the command that brings one that is asked for', async () => {
  const { code, out } = await finetune(['doctor', '--json'], { env: { FINETUNE_EXECUTOR: 'tensorflow' } })
  const { checks } = JSON.parse(out) as { checks: { what: string; is: string; remedy: string | null }[] }
  const executors = checks.filter(({ what }) => what.startsWith('executor '))
  expect(executors.map(({ what }) => what)).toEqual(['executor onnx', 'executor cuda', 'executor tensorflow'])
  for (const { is, remedy } of executors) expect(remedy === null).toBe(is === 'ok')
  // It is in no folder of this test's.
  expect(executors[2]).toMatchObject({ is: 'missing', remedy: expect.stringContaining('bring.sh') as string })
  expect(code).toBe(1)
})

test('doctor says of what a connection failed', async () => {
  const { out } = await finetune(['doctor'], { env: { DISCORD_TOKEN: 'x', DISCORD_API_URL: 'http://127.0.0.1:9' } })
  expect(out).toMatch(/✗ Discord +http:\/\/127\.0\.0\.1:9 cannot be reached: .*(?:ECONNREFUSED|bad port)/)
})

test('doctor names the command that brings an addon so that it can be copied', async () => {
  const env = { FINETUNE_DATA: join(folder, 'my data'), FINETUNE_EXECUTOR: 'tensorflow' }
  expect((await finetune(['doctor'], { env })).out).toMatch(/bring\.sh 'my data\/tensorflow'/)
})

test('the bot without a token says where to get one', async () => {
  const { code, err } = await finetune(['bot'])
  expect(code).toBe(1)
  expect(err).toMatch(/DISCORD_TOKEN is not set.*npm run demo/)
})

test('an environment that cannot be used is refused by name', async () => {
  const { code, err } = await finetune(['doctor'], { env: { FINETUNE_MAX_RUNS: 'many' } })
  expect(code).toBe(1)
  expect(err).toMatch(/FINETUNE_MAX_RUNS\nEach variable is described in \.env\.example\.\n$/)
})

test.each([['demo'], ['bot'], ['hub']])('%s says that its data folder cannot be written', async (command) => {
  const env = { FINETUNE_DATA: join(process.execPath, 'data'), DISCORD_TOKEN: 'a.b.c' }
  const { code, err } = await finetune([command, ...(command === 'bot' ? [] : ['--port', '0'])], { env })
  expect(code).toBe(1)
  expect(err).toMatch(/^The data folder .* cannot be written: .*Set FINETUNE_DATA to a folder that you may write\.\n$/)
})

describe('against the local Discord', () => {
  test('register tells the commands', async () => {
    const playground = await startPlayground({ rateLimits: false })
    try {
      const env = { DISCORD_TOKEN: playground.token, DISCORD_API_URL: playground.api }
      const { code, out, err } = await finetune(['register', '--json'], { env })
      expect({ code, err }).toEqual({ code: 0, err: '' })
      expect(JSON.parse(out)).toEqual({ servers: ['Playground'] })
      const elsewhere = await finetune(['register', '--guild', '12345678901234567'], { env })
      expect(elsewhere.err).toContain('The bot is not in the server 12345678901234567; it is in: Playground')
      const refused = await finetune(['register'], { env: { ...env, DISCORD_TOKEN: 'a.b.c' } })
      expect(refused.err).toContain('does not accept DISCORD_TOKEN')
    } finally {
      await playground.close()
    }
  })

  test('the demo prints its address, serves the page, and leaves when asked', async () => {
    const child = spawn(process.execPath, [FINETUNE, 'demo', '--port', '0', '--json'], {
      cwd: folder,
      env: { ...process.env, FINETUNE_DATA: join(folder, 'data') },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const said = await new Promise<string>((settle) =>
      child.stdout.once('data', (bytes: Buffer) => settle(String(bytes))),
    )
    const { url, hub } = JSON.parse(said) as { url: string; hub: string }
    expect(await (await fetch(url)).text()).toContain('<title>')
    const imdb = await fetch(`${hub}/api/datasets/imdb/revision/main?expand=sha`)
    expect(await imdb.json()).toMatchObject({ id: 'stanfordnlp/imdb' })

    const second = await finetune(['demo', '--port', '0'])
    expect(second).toMatchObject({ code: 1, out: '' })
    expect(second.err).toMatch(
      /^Another bot works in .*demo\. End it first, or set FINETUNE_DATA to another folder\.\n$/,
    )
    const elsewhere = { FINETUNE_DATA: join(folder, 'elsewhere') }
    const taken = await finetune(['demo', '--port', new URL(url).port], { env: elsewhere })
    expect(taken.code).toBe(1)
    expect(taken.err).toMatch(/^Port \d+ is in use\. Choose another with --port, or 0 for any free one\.\n$/)

    const code = new Promise((settle) => child.once('exit', settle))
    child.kill('SIGTERM')
    expect(await code).toBe(0)
    // The Hub goes with it.
    await expect(fetch(hub)).rejects.toThrow()
  })
})
