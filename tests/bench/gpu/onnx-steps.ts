import { onnxExecutor } from '../../../src/engine/executors/onnx/executor.ts'
import { type Losses, REFERENCES, stepsOf } from './steps.ts'
import { startShape } from './shapes.ts'

/** What the onnx executor gives for the steps that the GPU is compared on. */
export async function onnxSteps(): Promise<Losses[]> {
  const made: Losses[] = []
  for (const shape of REFERENCES) {
    const executor = onnxExecutor()
    const { learner, batchOf } = await startShape({ executor, shape })
    made.push(await stepsOf(learner, batchOf))
    await executor.close()
  }
  return made
}
