import { RunFailure } from '../../../failure.ts'
import { koffi, type LibraryHandle, loadFirst } from '../../../native.ts'

/*
 * The functions of three C libraries that are used, each with its return code checked. Pointers are BigInts; typed arrays
 * are passed as they are.
 */

type Value = bigint | number | string | ArrayBufferView | null
interface Call {
  (...values: Value[]): void
  /** The same in another thread, for what takes long. The caller keeps the arrays that it gives until it is done. */
  inThread: (...values: Value[]) => Promise<void>
}

const POINTER = 'void *'

export const OUT_OF_MEMORY = 2
export const NOT_READY = 600

/** A function of a library that did not return 0. */
export class CudaError extends Error {
  readonly code: number

  constructor(what: string, code: number, meaning: string) {
    super(`${what} failed with ${code}${meaning === '' ? '' : ` (${meaning})`}`)
    this.code = code
  }
}

type Signatures = Readonly<Record<string, readonly [symbol: string, parameters: readonly string[]]>>
type Bound<Table extends Signatures> = { [Name in keyof Table]: Call }

function bind<Table extends Signatures>(
  library: LibraryHandle,
  table: Table,
  meaningOf: (code: number) => string,
): Bound<Table> {
  const bound = Object.entries(table).map(([name, [symbol, parameters]]) => {
    const call = library.func(symbol, 'int', [...parameters])
    const check = (code: number) => {
      if (code !== 0) throw new CudaError(symbol, code, meaningOf(code))
    }
    const checked = (...values: Value[]) => check(call(...values) as number)
    const inThread = async (...values: Value[]) => {
      const code = await new Promise<number>((resolve, reject) => {
        call.async(...values, (error: Error | null, code: number) => (error ? reject(error) : resolve(code)))
      })
      check(code)
    }
    return [name, Object.assign(checked, { inThread }) satisfies Call]
  })
  return Object.fromEntries(bound) as Bound<Table>
}

const DRIVER = {
  init: ['cuInit', ['uint']],
  version: ['cuDriverGetVersion', [POINTER]],
  deviceCount: ['cuDeviceGetCount', [POINTER]],
  deviceName: ['cuDeviceGetName', [POINTER, 'int', 'int']],
  attribute: ['cuDeviceGetAttribute', [POINTER, 'int', 'int']],
  retainContext: ['cuDevicePrimaryCtxRetain', [POINTER, 'int']],
  releaseContext: ['cuDevicePrimaryCtxRelease_v2', ['int']],
  useContext: ['cuCtxSetCurrent', [POINTER]],
  memoryInfo: ['cuMemGetInfo_v2', [POINTER, POINTER]],
  allocate: ['cuMemAlloc_v2', [POINTER, 'size_t']],
  free: ['cuMemFree_v2', [POINTER]],
  allocateHost: ['cuMemHostAlloc', [POINTER, 'size_t', 'uint']],
  freeHost: ['cuMemFreeHost', [POINTER]],
  toDevice: ['cuMemcpyHtoDAsync_v2', [POINTER, POINTER, 'size_t', POINTER]],
  toHost: ['cuMemcpyDtoHAsync_v2', [POINTER, POINTER, 'size_t', POINTER]],
  within: ['cuMemcpyDtoDAsync_v2', [POINTER, POINTER, 'size_t', POINTER]],
  set: ['cuMemsetD8Async', [POINTER, 'uchar', 'size_t', POINTER]],
  createStream: ['cuStreamCreate', [POINTER, 'uint']],
  waitForStream: ['cuStreamSynchronize', [POINTER]],
  loadModule: ['cuModuleLoadData', [POINTER, POINTER]],
  functionOf: ['cuModuleGetFunction', [POINTER, POINTER, 'str']],
  setOfFunction: ['cuFuncSetAttribute', [POINTER, 'int', 'int']],
  launch: ['cuLaunchKernelEx', [POINTER, POINTER, POINTER, POINTER]],
  beginCapture: ['cuStreamBeginCapture_v2', [POINTER, 'int']],
  endCapture: ['cuStreamEndCapture', [POINTER, POINTER]],
  instantiate: ['cuGraphInstantiateWithFlags', [POINTER, POINTER, 'uint64_t']],
  launchGraph: ['cuGraphLaunch', [POINTER, POINTER]],
  destroyGraph: ['cuGraphDestroy', [POINTER]],
  destroyGraphExec: ['cuGraphExecDestroy', [POINTER]],
  createEvent: ['cuEventCreate', [POINTER, 'uint']],
  recordEvent: ['cuEventRecord', [POINTER, POINTER]],
  waitForEvent: ['cuEventSynchronize', [POINTER]],
} as const

export type Driver = Bound<typeof DRIVER> & {
  /** Whether all work before an event is done. */
  isDone: (event: bigint) => boolean
}

/** Loads the driver's library from the first of the paths that has it. Throws when none has. */
export function loadDriver(paths: readonly string[]): Driver {
  const library = loadFirst(paths)
  const nameOf = library.func('cuGetErrorName', 'int', ['int', POINTER])
  const meaning = (code: number): string => {
    const to = new BigUint64Array(1)
    if (nameOf(code, to) !== 0 || to[0] === undefined || to[0] === 0n) return ''
    return koffi.decode(to[0], 'char', -1) as string
  }
  const query = library.func('cuEventQuery', 'int', [POINTER])
  return {
    ...bind(library, DRIVER, meaning),
    isDone: (event) => {
      const code = query(event) as number
      if (code !== 0 && code !== NOT_READY) throw new CudaError('cuEventQuery', code, meaning(code))
      return code === 0
    },
  }
}

const NVRTC = {
  version: ['nvrtcVersion', [POINTER, POINTER]],
  create: ['nvrtcCreateProgram', [POINTER, 'str', 'str', 'int', POINTER, POINTER]],
  destroy: ['nvrtcDestroyProgram', [POINTER]],
  logSize: ['nvrtcGetProgramLogSize', [POINTER, POINTER]],
  log: ['nvrtcGetProgramLog', [POINTER, POINTER]],
  cubinSize: ['nvrtcGetCUBINSize', [POINTER, POINTER]],
  cubin: ['nvrtcGetCUBIN', [POINTER, POINTER]],
} as const

export type Nvrtc = Bound<typeof NVRTC> & {
  /** On another thread. Resolves with the return code. */
  compile: (program: bigint, options: readonly string[]) => Promise<number>
}

/** Libraries that another one opens by name: as long as they are referred to, they stay loaded. */
const kept: LibraryHandle[] = []

export function loadNvrtc({ nvrtc, builtins }: { nvrtc: string; builtins: string | null }): Nvrtc {
  if (builtins !== null) kept.push(koffi.load(builtins))
  const library = koffi.load(nvrtc)
  const compile = library.func('nvrtcCompileProgram', 'int', [POINTER, 'int', POINTER])
  return {
    ...bind(library, NVRTC, () => ''),
    compile: (program, options) => {
      const texts = options.map((option) => Buffer.from(`${option}\0`))
      const pointers = BigUint64Array.from(texts, (text) => koffi.address(text))
      return new Promise((resolve, reject) => {
        compile.async(program, options.length, pointers, (error: Error | null, code: number) => {
          // Referred to here, the texts outlive the call.
          if (error) reject(error)
          else resolve(texts.length === options.length ? code : -1)
        })
      })
    },
  }
}

const CUBLAS_LT = {
  create: ['cublasLtCreate', [POINTER]],
  destroy: ['cublasLtDestroy', [POINTER]],
  describe: ['cublasLtMatmulDescCreate', [POINTER, 'int', 'int']],
  setDescription: ['cublasLtMatmulDescSetAttribute', [POINTER, 'int', POINTER, 'size_t']],
  layout: ['cublasLtMatrixLayoutCreate', [POINTER, 'int', 'uint64_t', 'uint64_t', 'int64_t']],
  setLayout: ['cublasLtMatrixLayoutSetAttribute', [POINTER, 'int', POINTER, 'size_t']],
  preference: ['cublasLtMatmulPreferenceCreate', [POINTER]],
  setPreference: ['cublasLtMatmulPreferenceSetAttribute', [POINTER, 'int', POINTER, 'size_t']],
  heuristic: [
    'cublasLtMatmulAlgoGetHeuristic',
    [POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, POINTER, 'int', POINTER, POINTER],
  ],
  multiply: [
    'cublasLtMatmul',
    [
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      POINTER,
      'size_t',
      POINTER,
    ],
  ],
} as const

export type CublasLt = Bound<typeof CUBLAS_LT> & { version: string }

export function loadCublasLt(path: string): CublasLt {
  const library = koffi.load(path)
  const number = library.func('cublasLtGetVersion', 'size_t', [])() as number
  const version = `${Math.floor(number / 10_000)}.${Math.floor(number / 100) % 100}.${number % 100}`
  return { ...bind(library, CUBLAS_LT, () => ''), version }
}

/** The address of a typed array's bytes, as long as it lives. */
export function addressOf(data: ArrayBufferView): bigint {
  return koffi.address(data)
}

/** Memory of the host that a library gave, as bytes. */
export function bytesAt(address: bigint, length: number): Uint8Array {
  return new Uint8Array(koffi.view(address, length))
}

/** Calls a function that leaves a pointer or a number of up to 64 bits. */
export function ask(call: (to: BigUint64Array) => void): bigint {
  const to = new BigUint64Array(1)
  call(to)
  return to[0] ?? 0n
}

/** The same of a call in another thread. */
export async function askInThread(call: (to: BigUint64Array) => Promise<void>): Promise<bigint> {
  const to = new BigUint64Array(1)
  await call(to)
  return to[0] ?? 0n
}

/** Names what ends a run when the GPU does: everything asked of it afterwards would fail too. */
export function asFailure(error: unknown): unknown {
  if (!(error instanceof CudaError)) return error
  if (error.code === OUT_OF_MEMORY) {
    return new RunFailure({
      code: 'out-of-memory',
      exit: 'unavailable',
      message: 'The GPU has no memory left: another program may have taken it since the run began.',
      remedy: 'Lower `per_device_train_batch_size`, or free the GPU of other programs; `nvidia-smi` lists them.',
    })
  }
  return new RunFailure({
    code: 'gpu-failed',
    exit: 'unavailable',
    message: `The GPU stopped working for this run: ${error.message}.`,
    remedy: 'Run again; FINETUNE_EXECUTOR=onnx trains without the GPU.',
  })
}
