import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { koffi, type LibraryHandle } from '../../native.ts'

/*
 * onnxruntime through its C interface, from the library that onnxruntime-node brings. That package's own binding copies
 * every output into a new array after each run (DistilBERT-base: 800 MB of weights and moments, 0.3 s a step), and computes
 * on the thread that also hears signals and prepares the next batch.
 */

/** A tensor in JavaScript's memory, read and written where it lies. */
export interface Tensor {
  data: Float32Array | Int32Array
  shape: readonly number[]
}

/** A compiled graph. */
export interface Session {
  /** Computes outputs from inputs, in a thread of its own. An output may be the very array that is an input. */
  run: (values: { inputs: ReadonlyMap<string, Tensor>; outputs: ReadonlyMap<string, Tensor> }) => Promise<void>
  close: () => void
}

export interface Runtime {
  readonly version: string
  open: (options: { model: Uint8Array; threads: number }) => Session
}

/** Of the C interface. Its functions stand in a table that only ever grows, so each has its place for good. */
const API_VERSION = 14
const FUNCTIONS = {
  GetErrorMessage: [2, 'str', ['void *']],
  CreateEnv: [3, 'void *', ['int', 'str', 'void *']],
  CreateSessionFromArray: [8, 'void *', ['void *', 'void *', 'size_t', 'void *', 'void *']],
  Run: [9, 'void *', ['void *', 'void *', 'const char **', 'void *', 'size_t', 'const char **', 'size_t', 'void *']],
  CreateSessionOptions: [10, 'void *', ['void *']],
  DisableMemPattern: [17, 'void *', ['void *']],
  SetSessionLogSeverityLevel: [22, 'void *', ['void *', 'int']],
  SetSessionGraphOptimizationLevel: [23, 'void *', ['void *', 'int']],
  SetIntraOpNumThreads: [24, 'void *', ['void *', 'int']],
  CreateTensorWithDataAsOrtValue: [49, 'void *', ['void *', 'void *', 'size_t', 'void *', 'size_t', 'int', 'void *']],
  CreateCpuMemoryInfo: [69, 'void *', ['int', 'int', 'void *']],
  ReleaseStatus: [93, 'void', ['void *']],
  ReleaseSession: [95, 'void', ['void *']],
  ReleaseValue: [96, 'void', ['void *']],
  ReleaseSessionOptions: [100, 'void', ['void *']],
  AddSessionConfigEntry: [130, 'void *', ['void *', 'str', 'str']],
} as const
const ELEMENT = { float32: 1, int32: 6 } as const
const LOG_ERRORS = 3
const ALL_OPTIMIZATIONS = 99
const ARENA_ALLOCATOR = 1

type Value = bigint | number | string | ArrayBufferView | readonly string[] | null

/** Loads the library, once in a process. Throws where it is not there for this platform, or does not load. */
export function loadRuntime(): Runtime {
  loaded ??= connect(koffi.load(libraryPath()))
  return loaded.runtime
}
/** With its library, which would be unloaded when nothing speaks of it any more. */
let loaded: { runtime: Runtime; library: LibraryHandle } | null = null

function libraryPath(): string {
  const entry = createRequire(import.meta.url).resolve('onnxruntime-node')
  const folder = join(dirname(entry), '..', 'bin', 'napi-v6', process.platform, process.arch)
  const name = { darwin: 'libonnxruntime.1.dylib', win32: 'onnxruntime.dll' }[process.platform as string]
  const path = join(folder, name ?? 'libonnxruntime.so.1')
  if (!existsSync(path)) throw new Error(`there is no ${path}`)
  return path
}

function connect(library: LibraryHandle): { runtime: Runtime; library: LibraryHandle } {
  const [getApi, getVersion] = pointers(library.func('OrtGetApiBase', 'void *', [])() as bigint, 2)
  const api = koffi.call(getApi, koffi.proto('void *', ['uint32_t']), API_VERSION) as bigint
  const version = koffi.call(getVersion, koffi.proto('str', [])) as string
  const places = pointers(api, 1 + Math.max(...Object.values(FUNCTIONS).map(([place]) => place)))
  const call = (name: keyof typeof FUNCTIONS) => {
    const [place, result, parameters] = FUNCTIONS[name]
    return koffi.decode(places[place], koffi.proto(result, [...parameters])) as KoffiCall
  }
  const [messageOf, releaseStatus] = [call('GetErrorMessage'), call('ReleaseStatus')]
  const check = (status: unknown): void => {
    if (status === null || status === 0n) return
    const message = messageOf(status as bigint) as string
    releaseStatus(status as bigint)
    throw new Error(message)
  }
  const checked = (name: keyof typeof FUNCTIONS) => {
    const made = call(name)
    return (...values: Value[]): void => check(made(...values))
  }
  const createTensor = checked('CreateTensorWithDataAsOrtValue')
  const [run, releaseValue, releaseSession] = [call('Run'), call('ReleaseValue'), call('ReleaseSession')]

  const environment = made(checked('CreateEnv'), LOG_ERRORS, 'finetune')
  const memory = made(checked('CreateCpuMemoryInfo'), ARENA_ALLOCATOR, 0)

  const tensorValue = ({ data, shape }: Tensor): bigint => {
    const element = data instanceof Float32Array ? ELEMENT.float32 : ELEMENT.int32
    return made(createTensor, memory, data, data.byteLength, BigInt64Array.from(shape, BigInt), shape.length, element)
  }

  const runtime: Runtime = {
    version,
    open: ({ model, threads }) => {
      const options = made(checked('CreateSessionOptions'))
      checked('SetIntraOpNumThreads')(options, threads)
      checked('SetSessionGraphOptimizationLevel')(options, ALL_OPTIMIZATIONS)
      checked('SetSessionLogSeverityLevel')(options, LOG_ERRORS)
      // A plan of memory holds for one set of sizes, and hardly any two batches have the same.
      checked('DisableMemPattern')(options)
      checked('AddSessionConfigEntry')(options, 'session.set_denormal_as_zero', '1')
      const session = made(checked('CreateSessionFromArray'), environment, model, model.byteLength, options)
      call('ReleaseSessionOptions')(options)

      return {
        run: async ({ inputs, outputs }) => {
          const values = [...inputs.values(), ...outputs.values()].map(tensorValue)
          const given = BigUint64Array.from(values.slice(0, inputs.size))
          const taken = BigUint64Array.from(values.slice(inputs.size))
          try {
            // Arrays that a thread reads and writes stay referenced until it is done: `inputs` and `outputs` are.
            const status = await new Promise<unknown>((resolve, reject) => {
              run.async(
                session,
                null,
                [...inputs.keys()],
                given,
                given.length,
                [...outputs.keys()],
                taken.length,
                taken,
                (error: Error | null, status: unknown) => (error ? reject(error) : resolve(status)),
              )
            })
            check(status)
          } finally {
            values.forEach((value) => releaseValue(value))
          }
        },
        close: () => {
          releaseSession(session)
        },
      }
    },
  }
  return { runtime, library }
}

interface KoffiCall {
  (...values: Value[]): unknown
  async: (...values: [...Value[], (error: Error | null, result: unknown) => void]) => void
}

/** Calls a function whose last parameter takes the address of what it makes. */
function made(create: (...values: Value[]) => void, ...values: Value[]): bigint {
  const address = new BigUint64Array(1)
  create(...values, address)
  return address[0] ?? 0n
}

function pointers(table: bigint, count: number): bigint[] {
  return koffi.decode(table, koffi.array('void *', count)) as bigint[]
}
