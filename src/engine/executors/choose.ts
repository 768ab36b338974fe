import { join } from 'node:path'
import { type Config, readConfig } from '../../config.ts'
import type { NewEvent } from '../../run/events.ts'
import { RunFailure } from '../failure.ts'
import type { Precision } from './cuda/plan.ts'
import type { Executor, Unavailable } from './executor.ts'

/** The executor of a run, and the event that says why this one and not another. */
export interface Choice {
  executor: Executor
  event: Extract<NewEvent, { type: 'executor' }>
}

const NOT_HERE: Unavailable = { name: 'tensorflow', why: 'not in this version' }
/** Cards that multiply in bfloat16. */
const HAS_BF16 = 80

/**
 * `cuda` where a GPU can be used, else `onnx`, which runs everywhere. What `wanted` names is used or the run fails.
 * Throws RunFailure where the wanted one, or none, loads.
 */
export async function chooseExecutor({
  wanted,
  precision = null,
  folders = readConfig(process.env),
}: {
  wanted: Config['executor']
  /** Null: bf16 where the card has it, else tf32, which older cards take as fp32 */
  precision?: Precision | null
  folders?: Pick<Config, 'dataFolder' | 'cacheFolder'>
}): Promise<Choice> {
  const others: Unavailable[] = [NOT_HERE]
  if (wanted !== 'onnx') {
    const cuda = await openCuda({ precision, folders })
    if ('executor' in cuda) {
      const why = wanted === null ? 'a GPU is here' : 'FINETUNE_EXECUTOR says so'
      return { executor: cuda.executor, event: eventOf(cuda.executor, why, others) }
    }
    if (wanted === 'cuda') {
      throw new RunFailure({
        code: 'no-executor',
        exit: 'unavailable',
        message: `FINETUNE_EXECUTOR says cuda, and it cannot run here: ${cuda.what}.`,
        remedy: cuda.remedy,
      })
    }
    others.unshift({ name: 'cuda', why: cuda.what })
  } else others.unshift({ name: 'cuda', why: 'FINETUNE_EXECUTOR says onnx' })

  const { onnxExecutor } = await import('./onnx/executor.ts').catch((error: unknown) => {
    throw new RunFailure({
      code: 'no-executor',
      exit: 'unavailable',
      message: `onnxruntime-node does not load on this machine: ${(error as Error).message}`,
      remedy: 'Run `npm install` again on this machine; `finetune doctor` says what is missing.',
    })
  })
  const executor = onnxExecutor()
  return {
    executor,
    event: eventOf(executor, wanted === null ? 'runs on every machine' : 'FINETUNE_EXECUTOR says so', others),
  }
}

/** The GPU of this machine as an executor, or what is missing. */
async function openCuda({
  precision,
  folders,
}: {
  precision: Precision | null
  folders: Pick<Config, 'dataFolder' | 'cacheFolder'>
}): Promise<{ executor: Executor } | { what: string; remedy: string }> {
  try {
    const [{ findGpu, openGpu }, { wheelsFolder }, { cudaExecutor }] = await Promise.all([
      import('./cuda/driver/gpu.ts'),
      import('./cuda/driver/libraries.ts'),
      import('./cuda/executor.ts'),
    ])
    const gpu = findGpu({ wheels: wheelsFolder(folders.dataFolder) })
    if ('what' in gpu) return gpu
    const chosen = precision ?? (gpu.capability >= HAS_BF16 ? 'bf16' : 'tf32')
    const device = openGpu({ gpu, tf32: chosen === 'tf32', cacheFolder: join(folders.cacheFolder, 'cuda') })
    return { executor: cudaExecutor({ device, precision: chosen }) }
  } catch (error) {
    // A GPU that another process fills, or whose driver and libraries do not fit, must not keep a run from the CPU.
    return { what: (error as Error).message.split('\n')[0] ?? '', remedy: '`finetune doctor` says what is missing.' }
  }
}

function eventOf(executor: Executor, why: string, others: readonly Unavailable[]): Choice['event'] {
  return {
    type: 'executor',
    name: executor.name,
    why,
    others: [...others],
    device: executor.device,
    versions: { node: process.versions.node, ...executor.versions },
  }
}
