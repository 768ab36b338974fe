import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Sqlite } from '../sqlite.ts'

/** A program that starts an engine detached and watches it. Both kinds write the same files (docs/run-folder.md). */
export interface Supervision {
  /** Resolves once the engine is started, with the exit code of supervise.sh's table and what was said about it. */
  start: (options: {
    folder: string
    launch: string
    command: string
    args: readonly string[]
    env: NodeJS.ProcessEnv
  }) => Promise<{ code: number | null; said: string }>
  /** Whether anything lives that holds the folder's lock. */
  lockIsHeld: (folder: string) => Promise<boolean>
}

const SUPERVISE_SH = fileURLToPath(new URL('supervise.sh', import.meta.url))
const SUPERVISE_TS = fileURLToPath(new URL('supervise.ts', import.meta.url))
const TSX = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href

/** supervise.sh: needs setsid and flock, which every Linux has. */
export const superviseWithSh: Supervision = {
  start: async ({ folder, launch, command, args, env }) =>
    await new Promise((resolve, reject) => {
      // Only stderr is read, and the engine does not get it: a pipe that it inherits would never close.
      const child = spawn('sh', [SUPERVISE_SH, folder, launch, command, ...args], {
        env,
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      let said = ''
      child.stderr.setEncoding('utf8')
      child.stderr.on('data', (text: string) => (said += text))
      child.on('error', reject)
      child.on('close', (code) => resolve({ code, said: said.trim() }))
    }),

  lockIsHeld: async (folder) => {
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
  },
}

/** supervise.ts: for systems without setsid or flock. Costs half a second a start and a Node process a run. */
export const superviseWithNode: Supervision = {
  start: async ({ folder, launch, command, args, env }) =>
    await new Promise((resolve, reject) => {
      const child = spawn(process.execPath, ['--import', TSX, SUPERVISE_TS, folder, launch, command, ...args], {
        env,
        detached: true,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      let said = ''
      const heard = () => {
        // The watcher lives on: let go of it.
        child.unref()
        child.stdout.destroy()
        child.stderr.destroy()
        const [, code, sentence = ''] = /^(\d+) (.*)\n/.exec(said) ?? []
        resolve({
          code: code === undefined ? child.exitCode : Number(code),
          said: code === undefined ? said : sentence,
        })
      }
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8')
      child.stderr.on('data', (text: string) => (said += text))
      child.stdout.on('data', (text: string) => {
        said = text
        heard()
      })
      child.on('error', reject)
      child.on('exit', heard)
    }),

  lockIsHeld: (folder) => {
    const path = join(folder, '.lock')
    if (!existsSync(path)) return Promise.resolve(false)
    return Promise.resolve(!canLock(path))
  },
}

/** Whether a lock file of supervise.ts is free; it is taken for a moment to find out. */
function canLock(path: string): boolean {
  const lock = new Sqlite(path, { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE; ROLLBACK')
    return true
  } catch (error) {
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return false
    throw error
  } finally {
    lock.close()
  }
}

/** What this machine can do. */
export function supervisionHere(env: NodeJS.ProcessEnv = process.env): Supervision {
  const folders = (env['PATH'] ?? '').split(delimiter)
  const has = (program: string) => folders.some((folder) => existsSync(join(folder, program)))
  return has('setsid') && has('flock') ? superviseWithSh : superviseWithNode
}
