import type { GpuSample } from '../../run/events.ts'
import { DRIVER } from '../executors/cuda/driver/libraries.ts'
import { type LibraryHandle, loadFirst } from '../native.ts'

/** Where NVML lies: it comes with the driver. A bare name asks the loader. */
export const NVML = [
  'libnvidia-ml.so.1',
  '/usr/local/nvidia/lib64/libnvidia-ml.so.1',
  '/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1',
  '/usr/lib/wsl/lib/libnvidia-ml.so.1',
]

const POINTER = 'void *'
const CORE_TEMPERATURE = 0
const BUS_ID_LENGTH = 64
/** The version of a structure of 40 bytes, as NVML wants it said. */
const MEMORY_V2 = 40n | (2n << 24n)

/** Asks a card how it does. */
export type Card = () => GpuSample

/** A function of NVML by its name. Throws where the library has none of that name. */
type Call = (symbol: string, ...parameters: string[]) => ReturnType<LibraryHandle['func']>

/** Where the two libraries are looked for. */
interface Paths {
  nvml?: readonly string[]
  driver?: readonly string[]
}

/**
 * The card that CUDA calls the first one: NVML itself does not know CUDA_VISIBLE_DEVICES, so the driver tells on which bus
 * the card is. Throws where a library is missing or refuses.
 */
function openDevice({ nvml = NVML, driver = DRIVER }: Paths) {
  const busId = busIdOf(loadFirst(driver))
  const library = loadFirst(nvml)
  const call: Call = (symbol, ...parameters) => library.func(symbol, 'int', parameters)
  must('nvmlInit_v2', call('nvmlInit_v2')() as number)
  const found = new BigUint64Array(1)
  const find = call('nvmlDeviceGetHandleByPciBusId_v2', 'str', POINTER)
  must('nvmlDeviceGetHandleByPciBusId_v2', find(busId, found) as number)
  return { call, handle: found[0] ?? 0n }
}

/** Opens the card for as long as the process lives. Throws where a library is missing or refuses. */
export function openCard(paths: Paths = {}): Card {
  const { call, handle } = openDevice(paths)
  const utilization = call('nvmlDeviceGetUtilizationRates', POINTER, POINTER)
  const memory = memoryOf(call)
  const temperature = call('nvmlDeviceGetTemperature', POINTER, 'int', POINTER)
  const power = call('nvmlDeviceGetPowerUsage', POINTER, POINTER)
  /** Null for what a card does not tell: a slice of one, or a virtual one, may not. */
  const read = (to: Uint32Array, code: (to: Uint32Array) => unknown) => (code(to) === 0 ? Number(to[0]) : null)

  return () => {
    const milliwatts = read(new Uint32Array(1), (to) => power(handle, to))
    return {
      utilization: read(new Uint32Array(2), (to) => utilization(handle, to)), // { gpu, memory }
      memory_bytes: memory(handle),
      temperature: read(new Uint32Array(1), (to) => temperature(handle, CORE_TEMPERATURE, to)),
      power_watts: milliwatts === null ? null : milliwatts / 1000,
    }
  }
}

/**
 * Bytes in use, as nvidia-smi counts them: the second form of the question tells them from what the driver keeps for itself,
 * half a gibibyte. Drivers from before 2022 know the first alone.
 */
function memoryOf(call: Call): (handle: bigint) => number | null {
  try {
    const ask = call('nvmlDeviceGetMemoryInfo_v2', POINTER, POINTER)
    return (handle) => {
      const info = BigUint64Array.of(MEMORY_V2, 0n, 0n, 0n, 0n) // { version, total, reserved, free, used }
      return ask(handle, info) === 0 ? Number(info[4]) : null
    }
  } catch {
    const ask = call('nvmlDeviceGetMemoryInfo', POINTER, POINTER)
    return (handle) => {
      const info = new BigUint64Array(3) // { total, free, used }
      return ask(handle, info) === 0 ? Number(info[2]) : null
    }
  }
}

/** Bytes of the card's memory, without taking any of it. Throws as `openCard`. */
export function readCardMemory(paths: Paths = {}): { total: number; free: number } {
  const { call, handle } = openDevice(paths)
  const info = new BigUint64Array(3) // { total, free, used }
  must('nvmlDeviceGetMemoryInfo', call('nvmlDeviceGetMemoryInfo', POINTER, POINTER)(handle, info) as number)
  return { total: Number(info[0]), free: Number(info[1]) }
}

function busIdOf(driver: LibraryHandle): string {
  must('cuInit', driver.func('cuInit', 'int', ['uint'])(0) as number)
  const device = new Int32Array(1)
  must('cuDeviceGet', driver.func('cuDeviceGet', 'int', [POINTER, 'int'])(device, 0) as number)
  const id = Buffer.alloc(BUS_ID_LENGTH)
  const ask = driver.func('cuDeviceGetPCIBusId', 'int', [POINTER, 'int', 'int'])
  must('cuDeviceGetPCIBusId', ask(id, id.length, device[0] ?? 0) as number)
  return id.toString('latin1').replace(/\0.*$/s, '')
}

function must(symbol: string, code: number): void {
  if (code !== 0) throw new Error(`${symbol} answered ${code}`)
}
