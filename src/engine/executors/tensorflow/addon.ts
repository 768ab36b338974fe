import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, cpus } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import util from 'node:util'
import * as core from '@tensorflow/tfjs-core'
import { shellWord } from '../shell-word.ts'
import { registerGradients } from '../../tracer/gradients.ts'
import type { Tf } from './kernels.ts'

/** TensorFlow as a loaded addon brings it. */
export interface TensorFlow {
  tf: Tf
  /** The name under which TensorFlow.js knows it. */
  backend: string
  device: string
  versions: Readonly<Record<string, string>>
}

/** What is missing, in words for people, with the command that brings it. */
export interface Missing {
  what: string
  remedy: string
}

const PACKAGES = ['@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-node'] as const
const PROJECT = fileURLToPath(new URL('../../../../', import.meta.url))
const BRING = fileURLToPath(new URL('bring.sh', import.meta.url))

/** The folder into which the addon was brought for this project alone. */
export function addonFolder(dataFolder: string): string {
  return join(dataFolder, 'tensorflow')
}

/** The one command that brings the addon. It is no dependency: it is large, and most machines do not want it. */
export function bringCommand(folder: string): string {
  const hasGpu = existsSync('/proc/driver/nvidia/version')
  return `sh ${shellWord(shortest(BRING))} ${shellWord(shortest(folder))}${hasGpu ? ' gpu' : ''}`
}

/** Where the addon's package lies, without loading it: in `folder`, or beside this project's own packages. */
export function findAddon(folder: string): { path: string } | Missing {
  const paths = [folder, PROJECT].flatMap((root) => PACKAGES.map((name) => join(root, 'node_modules', name)))
  const path = paths.find((each) => existsSync(join(each, 'package.json')))
  if (path === undefined) {
    return { what: `@tensorflow/tfjs-node is not in ${shortest(folder)}`, remedy: bringCommand(folder) }
  }
  const binding = join(path, 'lib/napi-v8/tfjs_binding.node')
  if (!existsSync(binding)) {
    return {
      what: `${shortest(binding)} is missing: the package is there, its addon is not`,
      remedy: bringCommand(folder),
    }
  }
  return { path }
}

/** Loads the addon of `folder`, which takes half a second and 400 MB. Says what is missing instead of throwing. */
export function openTensorFlow({ folder }: { folder: string }): TensorFlow | Missing {
  const found = findAddon(folder)
  if ('what' in found) return found
  try {
    return load(found.path)
  } catch (error) {
    const why = (error as Error).message.split('\n')[0] ?? ''
    return { what: `${shortest(found.path)} does not load: ${why}`, remedy: bringCommand(folder) }
  }
}

/** What the addon adds to TensorFlow.js' backend. */
interface Binding {
  TF_Version: string
  isUsingGpuDevice: () => boolean
}

function load(path: string): TensorFlow {
  // The addon of 2024 calls what Node 22 warns about and Node 23 no longer has.
  Object.assign(util, {
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
    isArray: Array.isArray,
  })
  // TensorFlow is talkative on stderr, which is the run's log; its warnings stay, and two lines that come before it reads this.
  process.env['TF_CPP_MIN_LOG_LEVEL'] ??= '1'
  // All copies of TensorFlow.js in a process share one engine: the second one warns that there is one already, unless in
  // production, and puts its gradients in the place of the recorder's.
  core.env().set('PROD', true)
  const addon = createRequire(join(path, 'package.json'))(path) as Tf & { version: Record<string, string> }
  core.env().set('PROD', false)
  registerGradients()
  const { binding } = addon.backend() as unknown as { binding: Binding }
  const threads = availableParallelism()
  return {
    tf: addon,
    backend: 'tensorflow',
    device: binding.isUsingGpuDevice() ? 'NVIDIA GPU' : `${cpus()[0]?.model.trim() ?? 'CPU'}, ${threads} threads`,
    versions: { tensorflow: binding.TF_Version, 'tfjs-node': addon.version['tfjs-node'] ?? 'unknown' },
  }
}

/** A path as it is typed here. */
function shortest(path: string): string {
  const from = relative(process.cwd(), path)
  return from.length < path.length ? from : path
}
