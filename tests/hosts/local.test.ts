import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Fate } from '../../src/hosts/host.ts'
import { localHost } from '../../src/hosts/local.ts'
import { UserError } from '../../src/user-error.ts'
import { superviseWithNode, superviseWithSh } from '../../src/hosts/supervision.ts'
import { kill } from './supervised.ts'

describe.each([
  { by: 'sh', supervision: superviseWithSh },
  { by: 'node', supervision: superviseWithNode },
])('this machine, supervised by $by', ({ by, supervision }) => {
  let root: string
  let folder: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'finetune-host-'))
    folder = join(root, 'a run', '1')
  })
  afterEach(async () => {
    if (existsSync(join(folder, 'started'))) {
      await shell('true').signal({ folder, signal: 'SIGKILL' })
      // The watcher has written its last file once the lock is free.
      while (await supervision.lockIsHeld(folder)) await sleep(20)
    }
    rmSync(root, { recursive: true, force: true })
  })

  /** A host whose engine is a line of sh; $0 is the run folder. */
  const shell = (line: string, env: NodeJS.ProcessEnv = process.env) =>
    localHost({ engine: { command: 'sh', args: ['-c', line] }, env, supervision })

  async function becomes(host: ReturnType<typeof shell>, is: Fate['is']): Promise<Fate> {
    for (let tries = 0; tries < 500; tries += 1) {
      const fate = await host.fate({ folder })
      if (fate.is === is) return fate
      await sleep(10)
    }
    throw new Error(`Expected the fate to become ${is}.`)
  }

  test.runIf(by === 'sh')('prepare makes a private folder and keeps what is there', async () => {
    const host = shell('true')
    await host.prepare({ folder, files: { 'run.json': 'first' } })
    await host.prepare({ folder, files: { 'run.json': 'second', other: 'new' } })
    expect(readFileSync(join(folder, 'run.json'), 'utf8')).toBe('first')
    expect(readFileSync(join(folder, 'other'), 'utf8')).toBe('new')
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(readdirSync(folder).sort()).toEqual(['other', 'run.json'])
  })

  test('the engine gets its folder last, and an environment without the token', async () => {
    const host = shell('echo "folder=$0 token=[$DISCORD_TOKEN] kept=[$KEPT]"', {
      ...process.env,
      DISCORD_TOKEN: 'secret',
      KEPT: 'yes',
    })
    await host.prepare({ folder, files: {} })
    expect(await host.fate({ folder })).toEqual({ is: 'not-started' })
    await host.start({ folder, launch: 'one' })
    expect(await becomes(host, 'ended')).toMatchObject({ code: 0, signal: null })
    expect(await host.tail({ folder, file: 'engine.log', bytes: 1000 })).toBe(`folder=${folder} token=[] kept=[yes]\n`)
  })

  test('running, told to end, ended', async () => {
    const host = shell('echo ready; exec sleep 60')
    await host.prepare({ folder, files: {} })
    await host.start({ folder, launch: 'one' })
    await host.start({ folder, launch: 'one' })
    await expect(host.start({ folder, launch: 'two' })).rejects.toThrow(UserError)
    expect(await host.fate({ folder })).toMatchObject({ is: 'running' })
    expect(await host.signal({ folder, signal: 'SIGTERM' })).toBe(true)
    expect(await becomes(host, 'ended')).toMatchObject({ code: null, signal: 'SIGTERM' })
    expect(await host.signal({ folder, signal: 'SIGTERM' })).toBe(false)
  })

  test.runIf(by === 'sh')('what the engine started is told to end too', async () => {
    const host = shell('sleep 60 & echo $! >"$0/child"; wait')
    await host.prepare({ folder, files: {} })
    await host.start({ folder, launch: 'one' })
    while (!existsSync(join(folder, 'child'))) await sleep(10)
    await host.signal({ folder, signal: 'SIGKILL' })
    await becomes(host, 'ended')
    const pid = Number(readFileSync(join(folder, 'child'), 'utf8'))
    for (let tries = 0; tries < 100 && existsSync(`/proc/${pid}`); tries += 1) await sleep(50)
    const state = existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0] : 'gone'
    expect(['gone', 'Z']).toContain(state)
  })

  test('engine and supervisor both killed: vanished', async () => {
    const host = shell('exec sleep 60')
    await host.prepare({ folder, files: {} })
    await host.start({ folder, launch: 'one' })
    const { supervisor, pid } = JSON.parse(readFileSync(join(folder, 'started'), 'utf8')) as Record<string, number>
    kill(Number(supervisor), 'SIGKILL')
    await sleep(30)
    expect(await host.fate({ folder })).toMatchObject({ is: 'running' })
    kill(Number(pid), 'SIGKILL')
    expect(await becomes(host, 'vanished')).toEqual({ is: 'vanished' })
    expect(await host.signal({ folder, signal: 'SIGKILL' })).toBe(false)
    // The same launch is not tried again.
    await host.start({ folder, launch: 'one' })
    expect(await host.fate({ folder })).toEqual({ is: 'vanished' })
  })

  test('a process id that somebody else has now is left alone', async () => {
    const host = shell('exec sleep 60')
    await host.prepare({ folder, files: {} })
    await host.start({ folder, launch: 'one' })
    const path = join(folder, 'started')
    const started = JSON.parse(readFileSync(path, 'utf8')) as { pid: number; supervisor: number }
    // Births are told apart to a hundredth of a second.
    await sleep(50)
    const stranger = spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })
    const gone = once(stranger, 'exit')
    // The number has come round while something of the engine lives …
    writeFileSync(path, JSON.stringify({ ...started, pid: stranger.pid }))
    expect(await host.fate({ folder })).toMatchObject({ is: 'running' })
    expect(await host.signal({ folder, signal: 'SIGKILL' })).toBe(false)
    // … and when nothing does.
    for (const pid of [started.supervisor, started.pid]) kill(pid, 'SIGKILL')
    while (await supervision.lockIsHeld(folder)) await sleep(20)
    expect(await host.fate({ folder })).toEqual({ is: 'vanished' })
    expect(await host.signal({ folder, signal: 'SIGKILL' })).toBe(false)
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull()
    stranger.kill('SIGKILL')
    await gone
  })

  test('a fate asked for all the time never gets a start refused', async () => {
    const host = shell('exit 0')
    await host.prepare({ folder, files: {} })
    let over = false
    const ask = async () => {
      while (!over) {
        await host.fate({ folder })
        await sleep(1)
      }
    }
    const asking = Promise.all([ask(), ask(), ask()])
    for (let launch = 1; launch <= (by === 'sh' ? 30 : 2); launch += 1) {
      await host.start({ folder, launch: `launch-${launch}` })
      await becomes(host, 'ended')
      while (await supervision.lockIsHeld(folder)) await sleep(5)
      // Without it, each fate has to ask the lock.
      rmSync(join(folder, 'ended'))
    }
    over = true
    await asking
  })

  test('an engine that is not there: code 127, and the log says so', async () => {
    const host = localHost({ engine: { command: '/no/such/engine', args: [] }, supervision })
    await host.prepare({ folder, files: {} })
    await host.start({ folder, launch: 'one' })
    expect(await becomes(host, 'ended')).toMatchObject({ code: 127 })
    expect(await host.tail({ folder, file: 'engine.log', bytes: 1000 })).toContain('/no/such/engine')
  })

  test('a folder that is not there cannot be started in', async () => {
    await expect(shell('true').start({ folder: join(root, 'none'), launch: 'one' })).rejects.toThrow(/found none/)
  })

  test.runIf(by === 'sh')('files: written in one rename, read from an offset, their tail', async () => {
    const host = shell('true')
    await host.prepare({ folder, files: {} })
    await host.write({ folder, file: 'stop.json', content: 'abcdef' })
    await host.write({ folder, file: 'stop.json', content: '0123456789' })
    expect(readdirSync(folder)).toEqual(['stop.json'])
    expect(await host.tail({ folder, file: 'stop.json', bytes: 3 })).toBe('789')
    expect(await host.tail({ folder, file: 'none', bytes: 3 })).toBe('')
    let text = ''
    for await (const chunk of host.read({ folder, file: 'stop.json', offset: 4 })) text += Buffer.from(chunk).toString()
    expect(text).toBe('456789')
    for (const file of ['../x', 'a/b', '..', '.', '']) {
      await expect(host.write({ folder, file, content: '' })).rejects.toThrow(/plain name/)
    }
  })
})
