import { createHash, randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Kernel } from '../kernel/kernel.ts'
import { ask, CudaError } from './calls.ts'
import type { Nvrtc } from './nvrtc.ts'

/** Makes machine code of kernels, once for each text: a folder keeps what was compiled. */
export interface Compiler {
  compile: (kernel: Kernel) => Promise<Uint8Array>
  /** How many came from the folder, and how many had to be compiled. */
  counts: () => { cached: number; compiled: number }
}

export function kernelCompiler({
  nvrtc,
  version,
  architecture,
  prelude,
  folder,
}: {
  nvrtc: () => Nvrtc
  /** Of NVRTC: another one may make other code. */
  version: string
  /** As `sm_80` or `sm_90a` */
  architecture: string
  prelude: string
  /** Where machine code is kept, or null */
  folder: string | null
}): Compiler {
  let cached = 0
  let compiled = 0
  return {
    counts: () => ({ cached, compiled }),
    compile: async (kernel) => {
      const source = `${prelude}\n${sourceOf(kernel)}`
      const name = createHash('sha256')
        .update(JSON.stringify([version, architecture, source]))
        .digest('hex')
      const path = folder === null ? null : join(folder, `${architecture}-${name.slice(0, 40)}.cubin`)
      const kept = path === null ? null : await readKept(path)
      if (kept) {
        cached++
        return kept
      }
      const code = await compileSource({ nvrtc: nvrtc(), source, name: kernel.name, architecture })
      compiled++
      if (path !== null) await keep(path, code)
      return code
    },
  }
}

function sourceOf({ name, parameters, body, bounds }: Kernel): string {
  const list = parameters.map(({ name, type, pointer }) => `${type}_t${pointer ? '*' : ''} ${name}`)
  const fitting = bounds === null ? '' : `__launch_bounds__(${bounds.threads}, ${bounds.blocks}) `
  return `extern "C" __global__ void ${fitting}${name}(${list.join(', ')}) {\nBEGIN\n${body}\n}\n`
}

async function compileSource({
  nvrtc,
  source,
  name,
  architecture,
}: {
  nvrtc: Nvrtc
  source: string
  name: string
  architecture: string
}): Promise<Uint8Array> {
  const program = ask((to) => nvrtc.create(to, source, `${name}.cu`, 0, null, null))
  const code = await nvrtc.compile(program, [`--gpu-architecture=${architecture}`, '--std=c++17', '-default-device'])
  if (code !== 0) {
    const log = Buffer.alloc(Number(ask((to) => nvrtc.logSize(program, to))))
    nvrtc.log(program, log)
    throw new CudaError(`Compiling ${name}`, code, log.toString().slice(0, 2000))
  }
  const cubin = new Uint8Array(Number(ask((to) => nvrtc.cubinSize(program, to))))
  nvrtc.cubin(program, cubin)
  nvrtc.destroy(BigUint64Array.of(program))
  return cubin
}

const DIGEST = 32

/** Machine code behind its own digest; null where there is none, or it is damaged. */
async function readKept(path: string): Promise<Uint8Array | null> {
  const bytes = await readFile(path).catch(() => null)
  if (!bytes || bytes.length <= DIGEST) return null
  const code = bytes.subarray(DIGEST)
  return digestOf(code).equals(bytes.subarray(0, DIGEST)) ? code : null
}

/** Several processes may keep the same code at once: each writes beside, and the last rename wins. */
async function keep(path: string, code: Uint8Array): Promise<void> {
  const beside = `${path}.${randomUUID()}`
  try {
    await mkdir(join(path, '..'), { recursive: true })
    await writeFile(beside, Buffer.concat([digestOf(code), code]))
    await rename(beside, path)
  } catch {
    // A folder that cannot be written costs the next run a second; this one has its code.
  }
}

function digestOf(code: Uint8Array): Buffer {
  return createHash('sha256').update(code).digest()
}
