import { readFile } from 'node:fs/promises'
import { totalmem } from 'node:os'
import { join } from 'node:path'
import { BUILTIN_ENCODER, ENCODER_FOLDER } from '../builtin/known.ts'
import { findInside } from '../engine/data/place.ts'
import { wheelsFolder } from '../engine/executors/cuda/driver/libraries.ts'
import { precisionOf } from '../engine/executors/precision.ts'
import { mayBeOfHub } from '../engine/hub.ts'
import type { Arguments } from '../run/arguments.ts'
import { type Check, failed, type Subject, warning } from './check.ts'
import { type Keep, neededBytes, sizesOf } from './memory-need.ts'
import { waysToFit } from './ways-to-fit.ts'

/** Where a run would keep its numbers: bytes that are free now, and that there are at all. */
export interface Memory {
  on: 'host' | 'gpu'
  free: number
  total: number
}

/** Said from here on; an estimate that is off by a little must not worry anybody. */
const ENOUGH = 0.9

/** Whether a step fits into memory, before it costs anything: nothing to say where it does. */
export function memoryCheckWith(memoryOf: (subject: Pick<Subject, 'config'>) => Promise<Memory>): Check {
  return {
    name: 'memory',
    look: async (subject) => {
      const { args } = subject.run.spec
      const [config, inspection] = await Promise.all([configOf(subject), subject.inspection])
      const sizes = sizesOf(config, args, inspection)
      if (!sizes) return null
      const memory = await memoryOf(subject)
      const keep = keepOf(memory, args)
      const batch = args.per_device_train_batch_size
      const accumulates = args.gradient_accumulation_steps > 1
      const checkpointed = args.gradient_checkpointing
      const need = neededBytes(keep, { ...sizes, batch, accumulates, checkpointed })
      if (need <= ENOUGH * memory.free) return null

      const where = memory.on === 'gpu' ? 'GPU memory' : 'memory'
      const numbers = `${batch} × ${sizes.tokens} tokens need about ${gib(need)} of ${where}; ${gib(memory.free)} of ${gib(memory.total)} are free`
      const ways = waysToFit({ bytes: ENOUGH * memory.free, keep, sizes, args })
      if (ways.length > 0)
        return warning(numbers, `Fits with ${ways.map(({ words }) => words).join(' Or with ')}`, ways)
      const least = neededBytes(keep, { ...sizes, batch: 1, accumulates: false, checkpointed: true })
      if (least > memory.total) {
        return failed(
          `${numbers}; even one row needs ${gib(least)}`,
          'Take a smaller model, or a shorter `max_length`.',
        )
      }
      return warning(
        numbers,
        'Other programs hold the rest: free it, or take a smaller model or a shorter `max_length`.',
      )
    },
  }
}

export const memoryCheck = memoryCheckWith(memoryHere)

/** Where the arguments leave it to the card, it takes 16 bits. */
function keepOf({ on }: Memory, args: Arguments): Keep {
  if (on === 'host') return 'host'
  const precision = precisionOf(args)
  return precision === 'tf32' || precision === 'fp32' ? 'gpu32' : 'gpu16'
}

/** The config.json of the model, wherever it is; null where another check says what is wrong with it. */
async function configOf({ run, config, hub }: Subject): Promise<unknown> {
  const { model, model_revision } = run.spec
  const folder =
    model === BUILTIN_ENCODER
      ? ENCODER_FOLDER
      : await findInside({ folder: config.modelsFolder, path: model, what: 'model' }).catch(() => null)
  if (folder === null && !mayBeOfHub(model)) return null
  const read = async (): Promise<unknown> =>
    folder === null
      ? hub.config(await hub.model(model, model_revision))
      : JSON.parse(await readFile(join(folder, 'config.json'), 'utf8'))
  return await read().catch(() => null)
}

/** The GPU's where a run would take it, else this machine's. */
async function memoryHere({ config }: Pick<Subject, 'config'>): Promise<Memory> {
  const host = { on: 'host' as const, free: process.availableMemory(), total: totalmem() }
  if (config.executor === 'onnx' || config.executor === 'tensorflow') return host
  try {
    const { findGpu } = await import('../engine/executors/cuda/driver/find.ts')
    if ('what' in (await findGpu({ wheels: wheelsFolder(config.dataFolder) }))) return host
    const { readCardMemory } = await import('../engine/gpu-samples/nvml.ts')
    return { on: 'gpu', ...readCardMemory() }
  } catch {
    return host
  }
}

function gib(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`
}
