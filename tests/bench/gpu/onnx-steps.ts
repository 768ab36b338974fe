import { onnxExecutor } from '../../../src/engine/executors/onnx/executor.ts'
import { REFERENCES, stepsOf } from './steps.ts'
import { startShape } from './shapes.ts'

/** What the onnx executor gives for the steps that the GPU is compared on. */
export async function onnxSteps(): Promise<Awaited<ReturnType<typeof stepsOf>>[]> {
  const made = []
  for (const shape of REFERENCES) {
    const executor = onnxExecutor()
    const { learner, batchOf } = await startShape({ executor, shape })
    made.push(await stepsOf(learner, batchOf, 6))
    await executor.close()
  }
  return made
}
