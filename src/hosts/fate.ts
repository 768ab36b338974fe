import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { Fate } from './host.ts'

/** `started`: who runs, as supervise.sh writes it down. `born` tells the process from a later one of the same id. */
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
export async function fateOf(folder: string): Promise<Fate> {
  const started = await readStarted(folder)
  if (!started) return { is: 'not-started' }
  const running: Fate = { is: 'running', pid: started.pid, startedAt: started.at }
  const ended = await fateWritten(folder, started)
  if (ended) return ended
  if (await isAlive(started)) return running
  if (await lockIsHeld(folder)) return running
  // The watcher writes `ended` before it lets go of the lock, so a free lock makes this second look final.
  return (await fateWritten(folder, started)) ?? { is: 'vanished' }
}

async function fateWritten(folder: string, started: Started): Promise<Fate | null> {
  const ended = await readEnded(folder)
  if (!ended || ended.launch !== started.launch) return null
  return { is: 'ended', code: ended.code, signal: ended.signal, at: ended.at }
}

/** Whether the very process of `started` still runs: same boot, same start, and no zombie. */
export async function isAlive({ boot, pid, born }: Started): Promise<boolean> {
  const here = await readIfThere('/proc/sys/kernel/random/boot_id')
  if (here?.trim() !== boot) return false
  const stat = await readIfThere(`/proc/${pid}/stat`)
  if (stat === null) return false
  // Fields from the third on: the second is the name and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[19] === born && fields[0] !== 'Z' && fields[0] !== 'X'
}

/** Whether anything lives that the engine passed the lock on to. */
export async function lockIsHeld(folder: string): Promise<boolean> {
  // Behind .starting, so that this look is never taken for a living engine by a start at the same moment.
  const args = [join(folder, '.starting'), 'flock', '-n', '-s', join(folder, '.lock'), 'true']
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn('flock', args, { stdio: 'ignore' })
    child.on('error', reject)
    child.on('close', resolve)
  })
  if (code === 0) return false
  if (code === 1) return true
  throw new Error(`Expected flock to answer 0 or 1 for ${folder}, got ${String(code)}.`)
}

async function readAs<Value>(schema: z.ZodType<Value>, path: string): Promise<Value | null> {
  const text = await readIfThere(path)
  if (text === null) return null
  try {
    return schema.parse(JSON.parse(text))
  } catch (error) {
    throw new Error(`Expected ${path} to be as supervise.sh writes it, got: ${text.slice(0, 200)}`, { cause: error })
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
