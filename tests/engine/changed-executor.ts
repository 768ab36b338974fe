import type { Choice } from '../../src/engine/executors/choose.ts'
import type { Compiled, Executor } from '../../src/engine/executors/executor.ts'
import { onnxExecutor } from '../../src/engine/executors/onnx/executor.ts'

/** A choice for `train`: the onnx executor with its programs changed; `nth` counts them from 1, the first being an update. */
export function changed(
  change: (compiled: Compiled, nth: number) => Compiled,
  more: Partial<Executor> = {},
): () => Promise<Choice> {
  const onnx = onnxExecutor()
  let nth = 0
  const executor: Executor = {
    ...onnx,
    ...more,
    compile: async (program) => change(await onnx.compile(program), ++nth),
  }
  const event: Choice['event'] = { type: 'executor', name: 'onnx', why: '', others: [], device: '', versions: {} }
  return () => Promise.resolve({ executor, event })
}
