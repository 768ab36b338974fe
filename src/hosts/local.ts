import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { access, mkdir, open, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { UserError } from '../user-error.ts'
import { fateOf, readStarted } from './fate.ts'
import { followFile, readFrom } from './follow-file.ts'
import type { Host } from './host.ts'

const SUPERVISE = fileURLToPath(new URL('supervise.sh', import.meta.url))
const ANOTHER_LIVES = 75

export interface LocalHostOptions {
  /** What runs a folder; the folder is added as the last argument. */
  engine: { command: string; args: readonly string[] }
  name?: string
  /** The engine's environment. The bot's token is never passed on. */
  env?: NodeJS.ProcessEnv
}

/** This machine as a host: engines are detached processes that outlive the bot (supervise.sh). */
export function localHost({ engine, name = 'this machine', env = process.env }: LocalHostOptions): Host {
  const engineEnv = { ...env }
  delete engineEnv['DISCORD_TOKEN']

  return {
    name,

    async prepare({ folder, files }) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      for (const [file, content] of Object.entries(files)) {
        if (!(await isThere(pathIn(folder, file)))) await writeFileAtOnce(folder, file, content)
      }
    },

    async start({ folder, launch }) {
      const args = [SUPERVISE, folder, launch, engine.command, ...engine.args, folder]
      const { code, stderr } = await run('sh', args, engineEnv)
      if (code === 0) return
      if (code === ANOTHER_LIVES) {
        throw new UserError(`Another run is still at work in ${folder}.`, 'Stop it first, or wait until it has ended.')
      }
      throw new Error(
        `Expected the engine to start, but supervise.sh ended with code ${String(code)}: ${stderr.trim()}`,
      )
    },

    fate: ({ folder }) => fateOf(folder),

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
      // As long as anything of the group lives, the kernel gives its number to nobody else.
      if (!started || (await fateOf(folder)).is !== 'running') return false
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

/** Runs a short program to its end. Only its stderr is read: a pipe that the engine inherits would never close. */
async function run(command: string, args: string[], env: NodeJS.ProcessEnv) {
  return await new Promise<{ code: number | null; stderr: string }>((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let stderr = ''
    child.stderr.setEncoding('utf8')
    child.stderr.on('data', (text: string) => (stderr += text))
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, stderr }))
  })
}
