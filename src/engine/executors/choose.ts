import { join } from 'node:path'
import { type Config, readConfig } from '../../config.ts'
import type { NewEvent } from '../../run/events.ts'
import { VERSION } from '../../run/version.ts'
import { RunFailure } from '../failure.ts'
import type { Executor, Unavailable } from './executor.ts'
import type { Precision } from './precision.ts'

/** The executor of a run, and the event that says why this one and not another. */
export interface Choice {
  executor: Executor
  event: Extract<NewEvent, { type: 'executor' }>
}

/** Cards that multiply in bfloat16. */
const HAS_BF16 = 80

type Name = NonNullable<Config['executor']>
type Folders = Pick<Config, 'dataFolder' | 'cacheFolder'>
type Opened = { executor: Executor } | { what: string; remedy: string }

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
  /** Null: bf16 where the card has it, else fp16 */
  precision?: Precision | null
  folders?: Folders
}): Promise<Choice> {
  const choiceOf = (executor: Executor, why: string, others: Unavailable[]) =>
    choice(executor, precision === null || executor.name === 'cuda' ? why : `${why}; it computes in fp32`, others)
  const open: Record<Name, () => Promise<Opened>> = {
    cuda: () => openCuda({ precision, folders }),
    onnx: openOnnx,
    tensorflow: () => openAddon(folders),
  }
  if (wanted !== null) {
    const opened = await open[wanted]()
    if ('executor' in opened) return choiceOf(opened.executor, 'FINETUNE_EXECUTOR says so', othersThan(wanted))
    throw new RunFailure({
      code: 'no-executor',
      exit: 'unavailable',
      message: `FINETUNE_EXECUTOR says ${wanted}, and it cannot run here: ${opened.what}.`,
      remedy: opened.remedy,
    })
  }

  const last = { name: 'tensorflow', why: await whyNotTensorFlow(folders) }
  const cuda = await open.cuda()
  if ('executor' in cuda) {
    return choiceOf(cuda.executor, 'a GPU is here', [{ name: 'onnx', why: 'the GPU is faster' }, last])
  }
  const onnx = await open.onnx()
  if ('executor' in onnx) {
    return choiceOf(onnx.executor, 'runs on every machine', [{ name: 'cuda', why: cuda.what }, last])
  }
  throw new RunFailure({
    code: 'no-executor',
    exit: 'unavailable',
    message: `Nothing here can train: ${onnx.what}; ${cuda.what}.`,
    remedy: onnx.remedy,
  })
}

function othersThan(wanted: Name): Unavailable[] {
  const names: Name[] = ['cuda', 'onnx', 'tensorflow']
  return names.filter((name) => name !== wanted).map((name) => ({ name, why: `FINETUNE_EXECUTOR says ${wanted}` }))
}

async function openOnnx(): Promise<Opened> {
  try {
    const { onnxExecutor } = await import('./onnx/executor.ts')
    return { executor: onnxExecutor() }
  } catch (error) {
    return {
      what: `onnxruntime-node does not load on this machine: ${(error as Error).message}`,
      remedy: 'Run `npm install` again on this machine; `npx finetune doctor` says what is missing.',
    }
  }
}

async function openAddon({ dataFolder }: Folders): Promise<Opened> {
  const { addonFolder, openTensorFlow } = await import('./tensorflow/addon.ts')
  const { tensorflowExecutor } = await import('./tensorflow/executor.ts')
  const opened = openTensorFlow({ folder: addonFolder(dataFolder) })
  return 'what' in opened ? opened : { executor: tensorflowExecutor(opened) }
}

/** A second opinion, and 400 MB of library: used only when asked for. */
async function whyNotTensorFlow({ dataFolder }: Folders): Promise<string> {
  const { addonFolder, findAddon } = await import('./tensorflow/addon.ts')
  const found = findAddon(addonFolder(dataFolder))
  return 'what' in found ? found.what : 'only when FINETUNE_EXECUTOR says so'
}

/** The GPU of this machine as an executor, or what is missing. */
async function openCuda({ precision, folders }: { precision: Precision | null; folders: Folders }): Promise<Opened> {
  try {
    const [{ findGpu }, { openGpu }, { wheelsFolder }, { cudaExecutor }] = await Promise.all([
      import('./cuda/driver/find.ts'),
      import('./cuda/driver/gpu.ts'),
      import('./cuda/driver/libraries.ts'),
      import('./cuda/executor.ts'),
    ])
    const gpu = await findGpu({ wheels: wheelsFolder(folders.dataFolder) })
    if ('what' in gpu) return gpu
    const chosen = precision ?? (gpu.capability >= HAS_BF16 ? 'bf16' : 'fp16')
    if (chosen === 'bf16' && gpu.capability < HAS_BF16) {
      return { what: `${gpu.name} does not multiply in bfloat16`, remedy: 'Set `fp16` instead of `bf16`.' }
    }
    const device = await openGpu({ gpu, precision: chosen, cacheFolder: join(folders.cacheFolder, 'cuda') })
    return { executor: cudaExecutor({ device, precision: chosen }) }
  } catch (error) {
    // A GPU that another process fills, or whose driver and libraries do not fit, must not keep a run from the CPU.
    return {
      what: (error as Error).message.split('\n')[0] ?? '',
      remedy: '`npx finetune doctor` says what is missing.',
    }
  }
}

function choice(executor: Executor, why: string, others: Unavailable[]): Choice {
  const { name, device, memoryBytes } = executor
  const memory = memoryBytes === undefined ? {} : { memory_bytes: memoryBytes }
  const versions = { finetune: VERSION, node: process.versions.node, ...executor.versions }
  return { executor, event: { type: 'executor', name, why, others, device, ...memory, versions } }
}
