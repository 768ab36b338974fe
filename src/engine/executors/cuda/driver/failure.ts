import { RunFailure } from '../../../failure.ts'
import { CudaError } from './calls.ts'

const OUT_OF_MEMORY = 2

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

/** Does work, and throws what ends the run where the GPU refuses. */
export function guarded<Result>(work: () => Result): Result {
  try {
    return work()
  } catch (error) {
    throw asFailure(error)
  }
}
