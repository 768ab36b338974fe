import * as tf from '@tensorflow/tfjs-core'
import { registerGradients } from './gradients.ts'
import { registerKernels } from './kernels.ts'
import type { Dtype, Port, Program, Value } from './node.ts'
import { type Checkpoint, recompute } from './recompute.ts'
import { Recorder } from './recorder.ts'

/**
 * Sizes that stand for an axis whose length is known only when the program runs. They are large primes, so that no size
 * of a model is ever taken for one, and a product of both is neither.
 */
export const BATCH = 1_000_003
export const TOKENS = 1_000_033
export const WORDS = 1_000_037
const SYMBOLS: ReadonlyMap<number, string> = new Map([
  [BATCH, 'batch'],
  [TOKENS, 'tokens'],
  [WORDS, 'words'],
])

const recorder = new Recorder()
tf.registerBackend('recorder', () => recorder)
registerKernels('recorder', recorder)
registerGradients()

/** What a program is described with: where its tensors come from and where they go. */
export interface Scribe {
  /** A tensor that the executor keeps from run to run. */
  state: (name: string, shape: readonly number[]) => tf.Tensor
  /** A tensor given anew for each run. */
  feed: (name: string, shape: readonly number[], dtype?: Dtype) => tf.Tensor
  /** What the state of this name becomes when the run is over. */
  setState: (name: string, tensor: tf.Tensor) => void
  /** A result of the run. */
  output: (name: string, tensor: tf.Tensor) => void
  /**
   * The tensor itself, which stays in memory until its gradient is there. What is made between it and the next one does not:
   * the backward pass computes it again (recompute.ts).
   */
  checkpoint: (tensor: tf.Tensor) => tf.Tensor
}

/** Runs `describe` once over tensors without numbers, and gives what it would compute. */
export async function record(describe: (scribe: Scribe) => void): Promise<Program> {
  await tf.setBackend('recorder')
  const inputs: Port[] = []
  const outputs: Port[] = []
  const checkpoints: Checkpoint[] = []
  const tensorOf = (value: Value) => tf.engine().makeTensorFromTensorInfo(recorder.infoFor(value))
  const input = (kind: Port['kind'], name: string, shape: readonly number[], dtype: Dtype): tf.Tensor => {
    const value = recorder.value(shape, dtype)
    inputs.push({ name, kind, value })
    return tensorOf(value)
  }
  const checkpoint = tf.customGrad((x: tf.Tensor | tf.GradSaveFunc) => {
    const value = recorder.valueFor(x as tf.Tensor)
    const gradFunc = (dy: tf.Tensor) => {
      checkpoints.unshift({ value, gradient: recorder.valueFor(dy) }) // gradients come from the end
      return dy
    }
    return { value: tensorOf(value), gradFunc }
  })
  const leave = (kind: Port['kind']) => (name: string, tensor: tf.Tensor) => {
    outputs.push({ name, kind, value: recorder.valueFor(tensor) })
  }
  recorder.take()
  tf.tidy(() =>
    describe({
      state: (name, shape) => input('state', name, shape, 'float32'),
      feed: (name, shape, dtype = 'float32') => input('feed', name, shape, dtype),
      setState: leave('state'),
      output: leave('feed'),
      checkpoint,
    }),
  )
  const nodes = recompute({
    nodes: recorder.take(),
    checkpoints,
    another: (value) => recorder.value(value.shape, value.dtype),
  })
  return { inputs, outputs, nodes, symbols: SYMBOLS }
}
