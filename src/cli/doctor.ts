import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, mkdir, statfs } from 'node:fs/promises'
import { availableParallelism, totalmem } from 'node:os'
import { promisify } from 'node:util'
import type { Config } from '../config.ts'
import { hubAccountCheck, secretCheck } from './hub-check.ts'

export interface Check {
  what: string
  /** `missing` stops something from working; `note` only tells. */
  is: 'ok' | 'missing' | 'note'
  says: string
  /** The command or step that mends it. */
  remedy: string | null
}

const GIB = 2 ** 30

/** Looks at this machine and prints what works and what does not. Answers the exit code: 1 when something is missing. */
export async function doctor({ config, json }: { config: Config; json: boolean }): Promise<number> {
  const checks = [
    node(),
    await sqlite(),
    await onnxruntime(),
    await cuda(config),
    await tensorflow(config),
    await supervisor(),
    await dataFolder(config.dataFolder),
    memory(),
    await discord(config),
    await hubAccountCheck(config),
    secretCheck(config),
  ]
  if (json) process.stdout.write(`${JSON.stringify({ checks })}\n`)
  else process.stdout.write(`${checks.map(line).join('\n')}\n`)
  return checks.some((check) => check.is === 'missing') ? 1 : 0
}

const MARKS = { ok: '✓', missing: '✗', note: '·' } as const

function line({ what, is, says, remedy }: Check): string {
  const head = `${MARKS[is]} ${what.padEnd(20)} ${says}`
  return remedy === null ? head : `${head}\n${' '.repeat(23)}${remedy}`
}

const ok = (what: string, says: string): Check => ({ what, is: 'ok', says, remedy: null })

function node(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const fits = (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24
  if (fits) return ok('Node', process.versions.node)
  return {
    what: 'Node',
    is: 'missing',
    says: `expected 20.19+, 22.13+ or 24+, got ${process.versions.node}`,
    remedy: 'Install a supported version from nodejs.org.',
  }
}

async function sqlite(): Promise<Check> {
  try {
    const { Sqlite } = await import('../sqlite.ts')
    const database = new Sqlite(':memory:')
    const version = database.prepare('SELECT sqlite_version()').pluck().get() as string
    database.close()
    return ok('SQLite', version)
  } catch (error) {
    return {
      what: 'SQLite',
      is: 'missing',
      says: `better-sqlite3 does not load: ${firstLine(error)}`,
      remedy: 'npm ci   (after a change of Node; on Node 20 it needs g++ and make)',
    }
  }
}

async function onnxruntime(): Promise<Check> {
  try {
    const { env } = await import('onnxruntime-node')
    return ok('executor onnx', `onnxruntime ${env.versions.common}, ${availableParallelism()} cores`)
  } catch (error) {
    return {
      what: 'executor onnx',
      is: 'missing',
      says: `onnxruntime-node does not load: ${firstLine(error)}`,
      remedy: 'npm install   (glibc 2.28 or newer, x64 or arm64)',
    }
  }
}

/** Whether runs would train on a GPU here. Without one they train on the CPU, so nothing is missing unless it is asked for. */
async function cuda({ dataFolder, executor }: Config): Promise<Check> {
  const what = 'executor cuda'
  const is = executor === 'cuda' ? 'missing' : 'note'
  try {
    const { findGpu } = await import('../engine/executors/cuda/driver/find.ts')
    const { wheelsFolder } = await import('../engine/executors/cuda/driver/libraries.ts')
    const gpu = await findGpu({ wheels: wheelsFolder(dataFolder) })
    if ('what' in gpu) return { what, is, says: gpu.what, remedy: gpu.remedy }
    return ok(what, `${gpu.name}, driver for CUDA ${gpu.driverVersion}, libraries of CUDA ${gpu.libraries.major}`)
  } catch (error) {
    return { what, is, says: `koffi does not load: ${firstLine(error)}`, remedy: 'npm install' }
  }
}

/** Whether runs could train with TensorFlow.js' addon. Nothing is missing unless it is asked for. */
async function tensorflow({ dataFolder, executor }: Config): Promise<Check> {
  const what = 'executor tensorflow'
  const is = executor === 'tensorflow' ? 'missing' : 'note'
  const { addonFolder, openTensorFlow } = await import('../engine/executors/tensorflow/addon.ts')
  const opened = openTensorFlow({ folder: addonFolder(dataFolder) })
  if ('what' in opened) return { what, is, says: opened.what, remedy: opened.remedy }
  const { versions, device } = opened
  return ok(what, `TensorFlow ${versions['tensorflow'] ?? ''}, ${device}; used where FINETUNE_EXECUTOR says tensorflow`)
}

async function supervisor(): Promise<Check> {
  const run = promisify(execFile)
  try {
    await run('flock', ['--version'])
    await run('setsid', ['--version'])
    return ok('supervisor', 'setsid and flock are here')
  } catch (error) {
    return {
      what: 'supervisor',
      is: 'missing',
      says: `engines are started with setsid and flock: ${firstLine(error)}`,
      remedy: 'apt-get install util-linux   (Linux only for now)',
    }
  }
}

async function dataFolder(folder: string): Promise<Check> {
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    const { bavail, bsize } = await statfs(folder)
    const free = (bavail * bsize) / GIB
    if (free >= 2) return ok('data folder', `${folder}, ${free.toFixed(0)} GiB free`)
    return {
      what: 'data folder',
      is: 'note',
      says: `${folder} has only ${free.toFixed(1)} GiB free; a DistilBERT-base run with two checkpoints takes 2 GiB`,
      remedy: 'Set FINETUNE_DATA to a larger disk.',
    }
  } catch (error) {
    return {
      what: 'data folder',
      is: 'missing',
      says: `${folder} cannot be written: ${firstLine(error)}`,
      remedy: 'Set FINETUNE_DATA to a folder that you may write.',
    }
  }
}

function memory(): Check {
  return ok('memory', `${(totalmem() / GIB).toFixed(0)} GiB`)
}

async function discord({ discordToken, discordApiUrl }: Config): Promise<Check> {
  if (discordToken === null) {
    return {
      what: 'Discord',
      is: 'note',
      says: 'DISCORD_TOKEN is not set; the demo needs none',
      remedy: 'See "Your own server" in the README.',
    }
  }
  try {
    const response = await fetch(`${discordApiUrl}/v10/users/@me`, {
      headers: { authorization: `Bot ${discordToken}` },
      signal: AbortSignal.timeout(10_000),
    })
    if (response.ok) {
      const me = (await response.json()) as { username: string }
      return ok('Discord', `the token is ${me.username}'s`)
    }
    return {
      what: 'Discord',
      is: 'missing',
      says: `${discordApiUrl} answered ${response.status} to the token`,
      remedy: 'Reset the token in the developer portal, and put the new one into DISCORD_TOKEN.',
    }
  } catch (error) {
    return {
      what: 'Discord',
      is: 'missing',
      says: `${discordApiUrl} cannot be reached: ${firstLine(error)}`,
      remedy: 'Check the network, a proxy, and DISCORD_API_URL.',
    }
  }
}

/** What fetch threw says only that it failed; its cause says of what. */
function firstLine(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error && error.cause.message !== '')
    return firstLine(error.cause)
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''
}
