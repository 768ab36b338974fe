import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { readStarted } from '../../src/hosts/fate.ts'

export const SUPERVISE = fileURLToPath(new URL('../../src/hosts/supervise.sh', import.meta.url))

/** Those of the shells that are on this machine, as command and arguments. */
export const SHELLS = [['dash'], ['bash'], ['busybox', 'sh']].filter(([command]) => {
  try {
    execFileSync('which', [String(command)], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
})

export interface Ended {
  launch: string
  code: number | null
  signal: string | null
  at: string
}

/** A run folder with supervise.sh pointed at it. */
export function supervised(shell: string[] = ['sh']) {
  const folder = mkdtempSync(join(tmpdir(), 'finetune-supervise-'))
  const [program = 'sh', ...rest] = shell
  const spawnStart = (launch: string, command: string[], detached = false): ChildProcess =>
    spawn(program, [...rest, SUPERVISE, folder, launch, ...command], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached,
      env: { ...process.env, SUPERVISE_SHELL: shell.join(' ') },
    })
  const file = (name: string) => join(folder, name)
  const read = (name: string) => readFileSync(file(name), 'utf8')
  const lockIsFree = () => {
    try {
      execFileSync('flock', ['-n', file('.lock'), 'true'])
      return true
    } catch {
      return false
    }
  }
  return {
    folder,
    file,
    read,
    spawnStart,
    /** Starts and resolves with supervise.sh's own exit code and what it complained about. */
    start: async (launch: string, ...command: string[]) => {
      const child = spawnStart(launch, command)
      let stderr = ''
      child.stderr?.on('data', (text: Buffer) => (stderr += text.toString()))
      return await new Promise<{ code: number | null; stderr: string }>((resolve) =>
        child.on('close', (code) => resolve({ code, stderr })),
      )
    },
    /** Resolves when the command has ended and that is written down. */
    ended: async (): Promise<Ended> =>
      JSON.parse(await appears(() => (existsSync(file('ended')) ? read('ended') : null))) as Ended,
    /** Resolves when engine.log holds the text. */
    logs: (text: string) =>
      appears(() => (existsSync(file('engine.log')) && read('engine.log').includes(text) ? true : null)),
    started: async () => {
      const started = await readStarted(folder)
      if (!started) throw new Error(`Expected ${folder} to be started.`)
      return started
    },
    lockIsFree,
    clear: async () => {
      const started = await readStarted(folder)
      if (started) kill(-started.pid, 'SIGKILL')
      for (let tries = 0; tries < 250 && !lockIsFree(); tries += 1) await sleep(20)
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // It is gone, which is as good.
  }
}

export async function appears<Value>(look: () => Value | null, milliseconds = 10_000): Promise<Value> {
  const until = Date.now() + milliseconds
  while (Date.now() < until) {
    const value = look()
    if (value !== null) return value
    await sleep(10)
  }
  throw new Error(`Expected something to appear within ${milliseconds} ms: ${look.toString()}`)
}
