import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { z } from 'zod'
import type { Fate } from './host.ts'

/** `started`: who runs, as the supervisor writes it down. `born` tells the process from a later one of the same id. */
const Started = z.object({
  launch: z.string(),
  boot: z.string(),
  supervisor: z.int(),
  pid: z.int().min(2),
  born: z.string(),
  at: z.string(),
})
export type Started = z.infer<typeof Started>

/** `ended`: how it ended. One of `code` and `signal` is null. */
const Ended = z.object({ launch: z.string(), code: z.int().nullable(), signal: z.string().nullable(), at: z.string() })
export type Ended = z.infer<typeof Ended>

export async function readStarted(folder: string): Promise<Started | null> {
  return await readAs(Started, join(folder, 'started'))
}

export async function readEnded(folder: string): Promise<Ended | null> {
  return await readAs(Ended, join(folder, 'ended'))
}

/** What became of the engine of a folder on this machine. Reads three small files; asks the lock only in doubt. */
export async function fateOf(folder: string, lockIsHeld: (folder: string) => Promise<boolean>): Promise<Fate> {
  const started = await readStarted(folder)
  if (!started) return { is: 'not-started' }
  const ended = await fateWritten(folder, started)
  if (ended) return ended
  if ((await isAlive(started)) || (await lockIsHeld(folder))) {
    return { is: 'running', pid: started.pid, startedAt: started.at }
  }
  // The watcher writes `ended` before it lets go of the lock, so a free lock makes this second look final.
  return (await fateWritten(folder, started)) ?? { is: 'vanished' }
}

async function fateWritten(folder: string, started: Started): Promise<Fate | null> {
  const ended = await readEnded(folder)
  if (!ended || ended.launch !== started.launch) return null
  return { is: 'ended', code: ended.code, signal: ended.signal, at: ended.at }
}

/** Whether the very process of `started` still runs: same boot, same birth, and no zombie. */
export async function isAlive({ boot, pid, born }: Started): Promise<boolean> {
  return born !== '' && boot === (await bootId()) && born === (await birthOf(pid))
}

/** Names this boot of the machine; empty where the system has no such name. */
export async function bootId(): Promise<string> {
  return (await readIfThere('/proc/sys/kernel/random/boot_id'))?.trim() ?? ''
}

/** When a process was born, in words that are equal only for the same process; null when there is none, or a zombie. */
export async function birthOf(pid: number): Promise<string | null> {
  if (process.platform !== 'linux') return await birthFromPs(pid)
  const stat = await readIfThere(`/proc/${pid}/stat`)
  if (stat === null) return null
  // Fields from the third on: the second is the name and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : (fields[19] ?? null)
}

/** The same from `ps`, to the second, where there is no /proc. */
export async function birthFromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'stat=', '-o', 'lstart=', '-p', String(pid)], {
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
    })
    const [, state = '', born = null] = /^\s*(\S+)\s+(.+?)\s*$/.exec(stdout) ?? []
    return state.startsWith('Z') ? null : born
  } catch (error) {
    // Exit code 1: no such process.
    if (error instanceof Error && 'code' in error && error.code === 1) return null
    throw error
  }
}

async function readAs<Value>(schema: z.ZodType<Value>, path: string): Promise<Value | null> {
  const text = await readIfThere(path)
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`Expected ${path} to be as the supervisor writes it, got: ${text.slice(0, 200)}`, { cause: error })
  }
}

async function readIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    // ESRCH: the process went away between open and read.
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) return null
    throw error
  }
}
