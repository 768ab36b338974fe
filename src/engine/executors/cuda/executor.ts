import type { Program } from '../../tracer/node.ts'
import type { Executor } from '../executor.ts'
import { fold } from '../fold.ts'
import type { Precision } from '../precision.ts'
import type { Sizes } from '../specialise.ts'
import { planProgram } from './plan/plan.ts'
import { arenaOn } from './run/arena.ts'
import { bucketOf } from './run/buckets.ts'
import { compiledProgram } from './run/compiled.ts'
import type { Device } from './run/device.ts'
import { isCounted } from './run/fits.ts'
import { halfCopies } from './run/half-copies.ts'
import { callQueue } from './run/queue.ts'
import { recordingsOn } from './run/recordings.ts'
import { rehearse } from './run/rehearse.ts'
import { COUNTERS, type Shared } from './run/specialisation.ts'
import { statesOn } from './run/states.ts'

/** Updates that may be asked for before the first is done: the device then never waits for its host. */
const AHEAD = 8

/**
 * Runs programs as one graph of fused kernels each on a device. Calls may overlap: each returns as soon as its work is
 * queued, and work is done in the order of the calls.
 */
export function cudaExecutor({ device, precision }: { device: Device; precision: Precision }): Executor {
  const counters = device.allocate(COUNTERS * 4)
  device.clear(counters, COUNTERS * 4)
  const recordings = recordingsOn(device)
  const { forget } = recordings
  const states = statesOn({ device, forget })
  const copies = halfCopies({ device, states, forget })
  const arena = arenaOn({ device, forget })
  const planOf = (program: Program, sizes: Sizes) => planProgram({ program, sizes, precision, form: device.form })
  const shared: Shared = { device, states, copies, arena, counters, recordings, planOf }
  const queue = callQueue()

  return {
    name: 'cuda',
    memoryBytes: device.memory().total,
    ...(device.counts && { kernels: device.counts }),
    ahead: AHEAD,
    copies: true,
    scalesLoss: precision === 'fp16',
    device: device.name,
    versions: { ...device.versions, precision },
    put: (tensors) => {
      for (const [name, weight] of tensors) {
        copies.outdate(name)
        states.put(name, weight)
      }
    },
    clear: (name, shape) => {
      copies.outdate(name)
      states.clear(name, shape)
    },
    read: states.read,
    compile: (program) => Promise.resolve(compiledProgram({ program, shared, queue })),
    foresee: (program, open) =>
      queue.inPassing(async () => {
        const plan = planOf(fold(program), bucketOf(open))
        // The step itself is refused then, when it is asked for.
        if (!isCounted(plan)) return
        await device.load([...plan.kernels, copies.kernel])
        rehearse({ plan, device, anywhere: counters })
      }),
    close: async () => {
      await queue.settled()
      recordings.close()
      await device.close()
    },
  }
}
