import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { isAlive } from '../../src/hosts/fate.ts'
import { appears, kill, SHELLS, SUPERVISE, supervised } from './supervised.ts'

/** Saves on TERM and exits 0, as an engine does. */
const SAVES = ['sh', '-c', "trap 'echo saved; exit 0' TERM; echo ready; while :; do sleep 0.02; done"]

describe.each(SHELLS.map((shell) => ({ shell })))('supervise.sh in $shell', ({ shell }) => {
  let box: ReturnType<typeof supervised>
  beforeEach(() => {
    box = supervised(shell)
  })
  afterEach(() => box.clear())

  test.each([
    ['a command that ends well', ['true'], 0],
    ['a command that fails', ['sh', '-c', 'exit 3'], 3],
    ['a missing program', ['/no/such/program'], 127],
    [
      'arguments with spaces and quotes',
      ['sh', '-c', '[ $# = 2 ] && [ "$1" = "$2" ]', 'sh', `a 'b' "$c" *`, `a 'b' "$c" *`],
      0,
    ],
  ])('%s: the exit code is written down', async (_what, command, code) => {
    expect(await box.start('one', ...command)).toEqual({ code: 0, stderr: '' })
    expect(await box.ended()).toMatchObject({ launch: 'one', code, signal: null })
    expect((await box.started()).launch).toBe('one')
    await appears(() => (box.lockIsFree() ? true : null))
  })

  test('a killed command leaves its signal', async () => {
    await box.start('one', 'sleep', '60')
    kill((await box.started()).pid, 'SIGKILL')
    expect(await box.ended()).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test('exit 137 by choice reads as a kill: sh cannot tell them apart', async () => {
    await box.start('one', 'sh', '-c', 'exit 137')
    expect(await box.ended()).toMatchObject({ code: null, signal: 'SIGKILL' })
  })

  test('TERM to the group: the command saves and exits 0', async () => {
    await box.start('one', ...SAVES)
    await box.logs('ready')
    kill(-(await box.started()).pid, 'SIGTERM')
    expect(await box.ended()).toMatchObject({ code: 0, signal: null })
    expect(box.read('engine.log')).toContain('saved')
  })

  test('TERM to the supervisor is passed on; HUP and INT are not its business', async () => {
    await box.start('one', ...SAVES)
    await box.logs('ready')
    const { supervisor, pid } = await box.started()
    for (const signal of ['SIGHUP', 'SIGINT', 'SIGINT', 'SIGHUP'] as const) {
      kill(supervisor, signal)
      await sleep(20)
    }
    expect(existsSync(box.file('ended'))).toBe(false)
    expect(await isAlive(await box.started())).toBe(true)
    kill(supervisor, 'SIGTERM')
    expect(await box.ended()).toMatchObject({ code: 0, signal: null })
    expect(await isAlive({ ...(await box.started()), pid })).toBe(false)
  })

  test('signals are not ignored by what the command starts', async () => {
    await box.start('one', 'sh', '-c', 'sleep 60 & echo ready; wait')
    await box.logs('ready')
    kill(-(await box.started()).pid, 'SIGHUP')
    expect(await box.ended()).toMatchObject({ code: null, signal: 'SIGHUP' })
    await appears(() => (box.lockIsFree() ? true : null))
  })

  test("kill -9 of the caller's group at once: nothing or everything", async () => {
    // Whenever the caller dies, the same launch asked for again ends in exactly one command.
    for (const wait of [0, 2, 5, 10, 20]) {
      const once = supervised(shell)
      const caller = once.spawnStart('one', ['sh', '-c', 'echo ran; sleep 0.2; exit 4'], true)
      await sleep(wait)
      kill(-Number(caller.pid), 'SIGKILL')
      expect((await once.start('one', 'sh', '-c', 'echo ran; sleep 0.2; exit 4')).code).toBe(0)
      expect(await once.ended()).toMatchObject({ code: 4 })
      expect(once.read('engine.log').match(/ran/g)).toHaveLength(1)
      await once.clear()
    }
  })

  test('kill -9 of the supervisor: the command lives, the lock holds, another launch is refused', async () => {
    await box.start('one', 'sh', '-c', 'while [ ! -e "$1/go" ]; do sleep 0.02; done', 'sh', box.folder)
    kill((await box.started()).supervisor, 'SIGKILL')
    await sleep(50)
    expect(await isAlive(await box.started())).toBe(true)
    expect(box.lockIsFree()).toBe(false)
    expect((await box.start('two', 'true')).code).toBe(75)
    expect((await box.start('one', 'true')).code).toBe(0)
    await box.start('one', 'true')
    kill(-(await box.started()).pid, 'SIGKILL')
    await appears(() => (box.lockIsFree() ? true : null))
    expect(existsSync(box.file('ended'))).toBe(false)
    expect((await box.start('two', 'true')).code).toBe(0)
    expect(await box.ended()).toMatchObject({ launch: 'two', code: 0 })
  })

  test('the same launch again, while it runs and after, starts nothing', async () => {
    const command = ['sh', '-c', 'echo ran; sleep 0.3']
    await box.start('one', ...command)
    expect((await box.start('one', ...command)).code).toBe(0)
    expect((await box.start('two', ...command)).code).toBe(75)
    await box.ended()
    expect((await box.start('one', ...command)).code).toBe(0)
    await sleep(50)
    expect(box.read('engine.log')).toBe('ran\n')
  })

  test('ten starts of one launch at once: one runs', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => box.start('one', 'sh', '-c', 'echo ran; sleep 0.3')),
    )
    expect(answers.map(({ code }) => code)).toEqual(Array.from({ length: 10 }, () => 0))
    await box.ended()
    expect(box.read('engine.log')).toBe('ran\n')
  })

  test('five launches at once: one runs, the others are refused', async () => {
    const answers = await Promise.all(
      ['a', 'b', 'c', 'd', 'e'].map((launch) => box.start(launch, 'sh', '-c', 'echo ran; sleep 0.4')),
    )
    expect(answers.map(({ code }) => code).sort()).toEqual([0, 75, 75, 75, 75])
    await box.ended()
    expect(box.read('engine.log')).toBe('ran\n')
  })

  test('a command that may not have more memory leaves code and traceback', async () => {
    const hungry = 'const all = []; for (;;) all.push(new Array(1e6).fill(1))'
    await box.start('one', process.execPath, '--max-old-space-size=32', '-e', hungry)
    expect(await box.ended()).toMatchObject({ code: null, signal: 'SIGABRT' })
    expect(box.read('engine.log')).toContain('heap out of memory')
  })

  test('what a command leaves behind keeps the lock', async () => {
    await box.start('one', 'sh', '-c', 'sleep 60 & exit 0')
    expect(await box.ended()).toMatchObject({ code: 0 })
    expect(box.lockIsFree()).toBe(false)
    kill(-(await box.started()).pid, 'SIGKILL')
    await appears(() => (box.lockIsFree() ? true : null))
  })

  test('input is empty, output is appended, no terminal, own session and group', async () => {
    await box.start('one', 'sh', '-c', 'cat; echo out; echo err >&2; ps -o pid=,pgid=,sid=,tty= -p $$')
    await box.ended()
    const { pid } = await box.started()
    expect(box.read('engine.log').trim().split(/\s+/)).toEqual(['out', 'err', `${pid}`, `${pid}`, `${pid}`, '?'])
  })

  test.each([
    ['too few arguments', ['/tmp', 'one'], 64],
    ['a launch that could break a file', ['/tmp', 'a"b', 'true'], 64],
    ['a relative folder', ['tmp', 'one', 'true'], 64],
    ['a folder that is not there', ['/no/such/folder', 'one', 'true'], 66],
  ])('%s is refused', (_what, args, code) => {
    const [program = 'sh', ...rest] = shell
    const answer = spawnSync(program, [...rest, SUPERVISE, ...args], { encoding: 'utf8' })
    expect(answer.status).toBe(code)
    expect(answer.stderr).toMatch(/^Expected.+\n$/)
  })
})
