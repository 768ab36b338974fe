import type { Config } from '../../config.ts'
import type { NewEvent } from '../../run/events.ts'
import { RunFailure } from '../failure.ts'
import type { Executor, Unavailable } from './executor.ts'

/** The executor of a run, and the event that says why this one and not another. */
export interface Choice {
  executor: Executor
  event: Extract<NewEvent, { type: 'executor' }>
}

const NOT_HERE: readonly Unavailable[] = [
  { name: 'cuda', why: 'not in this version' },
  { name: 'tensorflow', why: 'not in this version' },
]

/** `onnx`, the one that runs everywhere. Throws RunFailure when not even that loads. */
export async function chooseExecutor({ wanted }: { wanted: Config['executor'] }): Promise<Choice> {
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
    event: {
      type: 'executor',
      name: executor.name,
      why: wanted === null ? 'runs on every machine' : 'FINETUNE_EXECUTOR says so',
      others: [...NOT_HERE],
      device: executor.device,
      versions: { node: process.versions.node, ...executor.versions },
    },
  }
}
