import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Precision } from '../../precision.ts'
import type { Form } from '../kernel/form.ts'
import { prelude } from '../kernel/prelude.ts'
import type { BoundLaunch, Device, Recording } from '../run/device.ts'
import { addressOf, ask, askInThread } from './calls.ts'
import { kernelCompiler } from './compile.ts'
import { loadCublasLt } from './cublaslt.ts'
import { asFailure, guarded } from './failure.ts'
import type { Gpu } from './find.ts'
import { loadedFunctions } from './functions.ts'
import { launchConfig } from './launch-config.ts'
import { multiplier, WORKSPACE } from './multiply.ts'
import { loadNvrtc, type Nvrtc } from './nvrtc.ts'
import { runSlots } from './slots.ts'

const NON_BLOCKING = 1
const CAPTURE_RELAXED = 2
/** Cards whose warps multiply small matrices, and those that have the instructions for four warps together: this one alone. */
const HAS_TILES = 80
const HAS_WARPGROUPS = 90
/** Cards on which a kernel can begin before the one before it has ended, and wait. */
const HAS_OVERLAP = 90

function tilesOf({ capability }: Gpu): Form['tiles'] {
  return capability === HAS_WARPGROUPS ? 'warpgroup' : capability >= HAS_TILES ? 'warp' : null
}

/** A GPU in use by this process, with the libraries that it needs. Everything asked of it is done in order, on one stream. */
export async function openGpu({
  gpu,
  precision,
  cacheFolder,
  overlap = true,
  tiles = tilesOf(gpu),
}: {
  gpu: Gpu
  precision: Precision
  /** Whether a kernel may be brought to its place while the one before it ends, on cards that can */
  overlap?: boolean
  /** How attention is one kernel, if at all */
  tiles?: Form['tiles']
  /** Where compiled kernels are kept, or null */
  cacheFolder: string | null
}): Promise<Device & { counts: () => { cached: number; compiled: number } }> {
  const { driver, libraries } = gpu
  const half = precision === 'fp16' ? 'f16' : 'bf16'
  // In another thread: a context takes the driver a tenth of a second, and cuBLASLt half as much to be loaded.
  const making = askInThread((to) => driver.retainContext.inThread(to, 0))
  const [context, lt] = await Promise.all([making, nextTurn().then(() => loadCublasLt(libraries.cublasLt))])
  driver.useContext(context)
  const stream = ask((to) => driver.createStream(to, NON_BLOCKING))
  const products = multiplier({ lt, tf32: precision === 'tf32', half })
  const workspace = ask((to) => driver.allocate(to, WORKSPACE))

  let nvrtc: Nvrtc | null = null
  const compiler = kernelCompiler({
    nvrtc: () => (nvrtc ??= loadNvrtc(libraries)),
    version: libraries.nvrtc,
    // The letter asks for what later cards do not have.
    architecture: `sm_${gpu.capability}${gpu.capability === HAS_WARPGROUPS ? 'a' : ''}`,
    prelude: prelude(half, tiles),
    folder: cacheFolder,
  })
  const canOverlap = overlap && gpu.capability >= HAS_OVERLAP
  const functions = loadedFunctions({ driver, compiler })
  const slots = runSlots(driver)
  const graphs = new Map<Recording, bigint>()

  const wait = () => driver.waitForStream(stream)
  /** `behindKernel`: whether what was asked before is a kernel too, whose end this one may begin in. */
  const start = (launch: BoundLaunch, behindKernel = false): void => {
    switch (launch.kind) {
      case 'clear':
        driver.set(launch.address, 0, launch.bytes, stream)
        return
      case 'product': {
        const multiply = products.prepare(launch)
        if (multiply) multiply(workspace, stream)
        else start(launch.fallback, behindKernel)
        return
      }
      case 'kernel': {
        const { kernel, grid, threads } = launch
        const handle = functions.handleOf(kernel)
        // Each parameter in eight bytes of its own, and a list of where they are.
        const values = BigInt64Array.from(launch.arguments, ({ value }) => BigInt(value))
        const at = addressOf(values)
        const pointers = BigUint64Array.from(launch.arguments, (_, i) => at + BigInt(8 * i))
        driver.launch(
          launchConfig({ grid, threads, shared: kernel.shared, stream, early: canOverlap && behindKernel }),
          handle,
          pointers,
          null,
        )
        return
      }
    }
  }

  return {
    name: gpu.name,
    versions: { cuda: gpu.driverVersion, cublasLt: lt.version },
    form: { lanes: 32, tiles },
    counts: compiler.counts,
    memory: () => {
      const free = new BigUint64Array(1)
      const total = new BigUint64Array(1)
      driver.memoryInfo(free, total)
      return { free: Number(free[0]), total: Number(total[0]) }
    },
    allocate: (bytes) => guarded(() => ask((to) => driver.allocate(to, Math.max(bytes, 512)))),
    free: (address) => {
      wait()
      driver.free(address)
    },
    write: (address, data) =>
      guarded(() => {
        driver.toDevice(address, data, data.byteLength, stream)
        wait()
      }),
    clear: (address, bytes) => guarded(() => driver.set(address, 0, bytes, stream)),
    copy: (from, to, bytes) => guarded(() => driver.within(to, from, bytes, stream)),
    read: (address, into) => {
      guarded(() => {
        driver.toHost(into, address, into.byteLength, stream)
        wait()
      })
      return Promise.resolve()
    },
    load: functions.load,
    record: (launches) =>
      guarded(() => {
        wait()
        driver.beginCapture(stream, CAPTURE_RELAXED)
        launches.forEach((launch, i) => start(launch, i > 0 && launches[i - 1]?.kind !== 'clear'))
        const graph = ask((to) => driver.endCapture(stream, to))
        const exec = ask((to) => driver.instantiate(to, graph, 0))
        driver.destroyGraph(graph)
        const recording: Recording = {
          close: () => {
            if (!graphs.delete(recording)) return
            wait()
            driver.destroyGraphExec(exec)
          },
        }
        graphs.set(recording, exec)
        return recording
      }),
    submit: async ({ recording, feeds, results }) => {
      const graph = graphs.get(recording)
      if (graph === undefined) throw new Error('The recording is closed')
      const slot = guarded(() => slots.take(feeds.bytes.length + results.bytes))
      slot.bytes.set(feeds.bytes)
      guarded(() => {
        driver.toDevice(feeds.to, slot.address, feeds.bytes.length, stream)
        driver.launchGraph(graph, stream)
        driver.toHost(slot.address + BigInt(feeds.bytes.length), results.from, results.bytes, stream)
        driver.recordEvent(slot.event, stream)
      })
      try {
        await slots.ended(slot)
      } catch (error) {
        throw asFailure(error)
      }
      const made = slot.bytes.slice(feeds.bytes.length, feeds.bytes.length + results.bytes)
      slots.giveBack(slot)
      return made
    },
    run: (launches) => guarded(() => launches.forEach((launch) => start(launch))),
    close: () => {
      try {
        wait()
        for (const recording of [...graphs.keys()]) recording.close()
        products.close()
        driver.releaseContext(0)
      } catch {
        // After a sticky error nothing can be given back; the process ends, and the driver takes all.
      }
      return Promise.resolve()
    },
  } satisfies Device & { counts: () => { cached: number; compiled: number } }
}
