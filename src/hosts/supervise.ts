/**
 * supervise.sh for systems that have neither setsid nor flock (macOS): the same files, the same exit codes, the same
 * answer to a launch that is asked for twice.
 *
 *     node --import tsx supervise.ts FOLDER LAUNCH COMMAND [ARGUMENT…]
 *
 * This process is the watcher; whoever starts it waits for one line on its stdout and lets it go. What flock is there,
 * an open transaction is here: SQLite's lock is held by the kernel and gone with the process. It is not handed on to the
 * command, so a command that outlives its watcher is known by its process id and birth alone.
 */
import { spawn } from 'node:child_process'
import { existsSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Database, Sqlite } from '../sqlite.ts'
import { birthOf, bootId, type Ended, isAlive, readStarted, type Started } from './fate.ts'

const [, , folder = '', launch = '', command = '', ...args] = process.argv
const DECIDES_WITHIN_MS = 2_000

function answer(code: number, sentence: string): never {
  writeFileSync(1, `${code} ${sentence}\n`)
  process.exit(code)
}

function write(name: string, content: Started | Ended): void {
  writeFileSync(join(folder, `${name}.part`), `${JSON.stringify(content)}\n`, { mode: 0o600 })
  renameSync(join(folder, `${name}.part`), join(folder, name))
}

/** Takes the lock for as long as it is not closed and this process lives; null when another watcher has it. */
function takeLock(): Database | null {
  const lock = new Sqlite(join(folder, '.lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (error) {
    lock.close()
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null
    throw error
  }
}

if (!existsSync(folder)) answer(66, `Expected the folder ${folder}, found none.`)

// Whoever holds the lock is about to write whom it starts: a moment later it is clear whether that is this launch.
const patience = Date.now() + DECIDES_WITHIN_MS
let lock: Database | null = null
while (lock === null) {
  lock = takeLock()
  const before = await readStarted(folder)
  const refused = lock ? before !== null && (await isAlive(before)) : Date.now() > patience
  const known = before?.launch === launch
  // Nobody may take this look for a living engine once it is answered.
  if (known || refused) lock?.close()
  if (known) answer(0, 'started before')
  if (refused) answer(75, `Another launch lives in ${folder}.`)
  if (lock === null) await sleep(20)
}

rmSync(join(folder, 'ended'), { force: true })
const boot = await bootId()
const claim = { launch, boot, supervisor: process.pid, at: new Date().toISOString() }
// Claimed before the command exists: should this process die in between, the launch is lost and never started twice.
write('started', { ...claim, pid: process.pid, born: '' })
const log = openSync(join(folder, 'engine.log'), 'a', 0o600)
const child = spawn(command, args, { detached: true, stdio: ['ignore', log, log] })

function end(code: number | null, signal: string | null): never {
  write('ended', { launch, code, signal, at: new Date().toISOString() })
  process.exit(0)
}

for (const name of ['SIGHUP', 'SIGINT'] as const) process.on(name, () => undefined)
process.on('SIGTERM', () => child.kill('SIGTERM'))
child.on('exit', end)
child.on('error', (error) => {
  writeFileSync(log, `${error.message}\n`)
  end(127, null)
})
child.on('spawn', () => {
  const pid = Number(child.pid)
  void birthOf(pid).then((born) => {
    write('started', { ...claim, pid, born: born ?? '' })
    writeFileSync(1, '0 started\n')
  })
})
