import { koffi, loadFirst } from '../../../native.ts'
import { bind, type Bound, CudaError, POINTER } from './calls.ts'

/* The driver: contexts, memory, streams, modules, graphs, events. */

const NOT_READY = 600

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
