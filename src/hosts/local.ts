import { randomUUID } from 'node:crypto'
import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { UserError } from '../user-error.ts'
import { birthOf, fateOf, readStarted } from './fate.ts'
import { followFile, readFrom } from './follow-file.ts'
import type { Host } from './host.ts'
import { type Supervision, supervisionHere } from './supervision.ts'

const ANOTHER_LIVES = 75

export interface LocalHostOptions {
  /** What runs a folder; the folder is added as the last argument. */
  engine: { command: string; args: readonly string[] }
  name?: string
  /** The engine's environment. The bot's token is never passed on, nor the key of what it keeps. */
  env?: NodeJS.ProcessEnv
  /** How engines are started and watched; by default what this machine can do best. */
  supervision?: Supervision
}

/** This machine as a host: engines are detached processes that outlive the bot (docs/hosts.md). */
export function localHost({
  engine,
  name = 'this machine',
  env = process.env,
  supervision = supervisionHere(env),
}: LocalHostOptions): Host {
  const engineEnv = { ...env }
  delete engineEnv['DISCORD_TOKEN']
  delete engineEnv['FINETUNE_SECRET']

  return {
    name,

    async prepare({ folder, files }) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      for (const [file, content] of Object.entries(files)) {
        if (!(await isThere(pathIn(folder, file)))) await writeFileAtOnce(folder, file, content)
      }
    },

    async start({ folder, launch, env: added = {} }) {
      const { command, args } = engine
      const { code, said } = await supervision.start({
        folder,
        launch,
        command,
        args: [...args, folder],
        env: { ...engineEnv, ...added },
      })
      if (code === 0) return
      if (code === ANOTHER_LIVES) {
        throw new UserError(`Another run is still at work in ${folder}.`, 'Stop it first, or wait until it has ended.')
      }
      throw new Error(`Expected the engine to start, but its supervisor ended with code ${String(code)}: ${said}`)
    },

    fate: ({ folder }) => fateOf(folder, supervision.lockIsHeld),

    follow: ({ folder, file, offset, signal }) => followFile({ path: pathIn(folder, file), offset, signal }),

    read: ({ folder, file, offset }) => readFrom({ path: pathIn(folder, file), offset }),

    async tail({ folder, file, bytes }) {
      const path = pathIn(folder, file)
      if (!(await isThere(path))) return ''
      const handle = await open(path, 'r')
      try {
        const { size } = await handle.stat()
        const length = Math.min(size, bytes)
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, size - length)
        return buffer.toString('utf8', 0, bytesRead)
      } finally {
        await handle.close()
      }
    },

    write: ({ folder, file, content }) => writeFileAtOnce(folder, file, content),

    async signal({ folder, signal }) {
      const started = await readStarted(folder)
      if (!started || (await fateOf(folder, supervision.lockIsHeld)).is !== 'running') return false
      // The engine itself may be gone while its children live. As long as one of its group does, the kernel gives the
      // group's number to nobody else; a process of that number that was born at another time means that none does.
      const birth = await birthOf(started.pid)
      if (birth !== null && birth !== started.born) return false
      try {
        process.kill(-started.pid, signal)
        return true
      } catch (error) {
        if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false
        throw error
      }
    },
  }
}

async function writeFileAtOnce(folder: string, file: string, content: string): Promise<void> {
  const path = pathIn(folder, file)
  const part = join(folder, `.${file}.${randomUUID()}.part`)
  try {
    await writeFile(part, content, { mode: 0o600 })
    await rename(part, path)
  } finally {
    await rm(part, { force: true })
  }
}

/** The path of a file of the folder; a name that leads anywhere else is a mistake of the caller. */
function pathIn(folder: string, file: string): string {
  if (file === '' || file === '.' || file === '..' || basename(file) !== file) {
    throw new Error(`Expected the plain name of a file in ${folder}, got ${file}.`)
  }
  return join(folder, file)
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
