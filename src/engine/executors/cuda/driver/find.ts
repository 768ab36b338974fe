import { ask, CudaError } from './calls.ts'
import { type Driver, loadDriver } from './libcuda.ts'
import { DRIVER, findLibraries, type Missing } from './libraries.ts'

/** What a GPU is, as far as can be told before it is used. */
export interface Gpu {
  name: string
  /** As 9.0 is 90. */
  capability: number
  driver: Driver
  driverVersion: string
  libraries: Exclude<ReturnType<typeof findLibraries>, Missing>
}

/** The oldest cards that the kernels are written for. */
const OLDEST = 70
const NO_DEVICE = 100
const ATTRIBUTE = { major: 75, minor: 76 }

/** Looks whether a GPU could be used here: the first one that CUDA_VISIBLE_DEVICES leaves. */
export async function findGpu({
  wheels,
  env = process.env,
  paths = DRIVER,
}: {
  wheels: string | null
  env?: Readonly<Record<string, string | undefined>>
  /** Where the driver is looked for */
  paths?: readonly string[]
}): Promise<Gpu | Missing> {
  let driver: Driver
  try {
    driver = loadDriver(paths)
  } catch {
    return {
      what: 'there is no NVIDIA driver (libcuda.so.1)',
      remedy: 'Install the driver of the GPU; see nvidia.com/drivers.',
    }
  }
  try {
    await driver.init.inThread(0)
    const version = Number(ask((to) => driver.version(to)))
    if (Number(ask((to) => driver.deviceCount(to))) === 0) return noGpu(env)
    const nameBytes = Buffer.alloc(100)
    driver.deviceName(nameBytes, nameBytes.length, 0)
    const attribute = (id: number) => Number(ask((to) => driver.attribute(to, id, 0)))
    const capability = 10 * attribute(ATTRIBUTE.major) + attribute(ATTRIBUTE.minor)
    const name = nameBytes.toString('utf8').replace(/\0.*$/s, '')
    if (capability < OLDEST) {
      return {
        what: `${name} is older than the kernels are written for`,
        remedy: 'A card of 2017 or newer is needed (compute capability 7.0).',
      }
    }
    const major = Math.floor(version / 1000)
    const libraries = findLibraries({ driverMajor: major, wheels, env })
    if ('what' in libraries) return libraries
    return {
      name,
      capability,
      driver,
      driverVersion: `${major}.${Math.floor((version % 1000) / 10)}`,
      libraries,
    }
  } catch (error) {
    if (error instanceof CudaError && error.code === NO_DEVICE) return noGpu(env)
    return { what: `the driver does not answer: ${(error as Error).message}`, remedy: 'Look at what nvidia-smi says.' }
  }
}

/** The driver answers, and has no card for this process. */
function noGpu({ CUDA_VISIBLE_DEVICES: visible }: Readonly<Record<string, string | undefined>>): Missing {
  if (visible === undefined) return { what: 'the driver sees no GPU', remedy: 'Look at what nvidia-smi lists.' }
  return {
    what: `CUDA_VISIBLE_DEVICES is \`${visible}\`, which leaves no GPU`,
    remedy: 'Leave it out, or name a GPU that `nvidia-smi -L` lists.',
  }
}
