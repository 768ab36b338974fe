import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { UserError } from '../user-error.ts'
import type { LocalHubPlace } from './hub.ts'

const FINETUNE = fileURLToPath(new URL('../finetune.mjs', import.meta.url))

/**
 * Starts `finetune hub` in a process of its own: making its datasets takes seconds of arithmetic, and whoever types in
 * chat must not wait for that. It ends with this process.
 */
export async function startHubProcess({
  dataFolder,
}: {
  dataFolder: string
}): Promise<LocalHubPlace & { close: () => Promise<void> }> {
  const child = fork(FINETUNE, ['hub', '--port', '0', '--json'], {
    execArgv: [],
    env: { ...process.env, FINETUNE_DATA: dataFolder },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  })
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const place = JSON.parse(await firstLine(child)) as LocalHubPlace
  const close = async () => {
    if (child.connected) child.disconnect()
    await gone
  }
  return { ...place, close }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = ''
    child.stdout?.on('data', (bytes: Buffer) => {
      said += bytes.toString()
      if (said.includes('\n')) resolve(said)
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new UserError(`The local Hub ended with ${String(code)} before it said where it is.`))
    })
  })
}
