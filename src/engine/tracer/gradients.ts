import * as tf from '@tensorflow/tfjs-core'

/*
 * The gradients of the plain operations that stand between layers; layers bring their own (models/layers.ts).
 * TensorFlow.js keeps its gradients in files that Node cannot load beside its bundle; these few are all that is needed.
 */

const identity = (dy: tf.Tensor) => () => dy

const GRADIENTS: Record<
  string,
  (dy: tf.Tensor, saved: tf.Tensor[], attributes: tf.NamedAttrMap) => Record<string, () => tf.Tensor>
> = {
  Add: (dy, [a, b]) => ({ a: () => summedTo(dy, a), b: () => summedTo(dy, b) }),
  Multiply: (dy, [a, b]) => ({
    a: () => summedTo(tf.mul(dy, given(b)), a),
    b: () => summedTo(tf.mul(dy, given(a)), b),
  }),
  Sum: (dy, [x], { axis }) => {
    const axes = tf.util.parseAxisParam(axis as number[], given(x).shape)
    const kept = given(x).shape.map((length, i) => (axes.includes(i) ? 1 : length))
    // Spread over the axes by adding to nothing: their length may be known only when the program runs.
    return { x: () => tf.add(tf.mul(given(x), 0), tf.reshape(dy, kept)) }
  },
  Reshape: (dy, [x]) => ({ x: () => tf.reshape(dy, given(x).shape) }),
  Relu: (dy, [x]) => ({ x: () => tf.mul(dy, tf.step(given(x))) }),
  Tanh: (dy, [y]) => ({ x: () => tf.mul(dy, tf.sub(1, tf.square(given(y)))) }),
  Identity: (dy) => ({ x: identity(dy) }),
}

/** Outputs that a gradient is written in, instead of the inputs. */
const FROM_OUTPUT = new Set(['Tanh'])

export function registerGradients(): void {
  for (const [kernelName, gradient] of Object.entries(GRADIENTS)) {
    tf.registerGradient({
      kernelName,
      ...(FROM_OUTPUT.has(kernelName) ? { outputsToSave: [true] } : { inputsToSave: INPUTS[kernelName] ?? ['x'] }),
      gradFunc: (dy, saved, attributes) => gradient(dy as tf.Tensor, saved, attributes),
    })
  }
}

const INPUTS: Record<string, string[]> = { Add: ['a', 'b'], Multiply: ['a', 'b'] }

/** The gradient of an operand that was broadcast: summed over the axes that it was spread along. */
function summedTo(dy: tf.Tensor, operand: tf.Tensor | undefined): tf.Tensor {
  const { shape } = given(operand)
  const axes = tf.broadcast_util.getReductionAxes(shape, dy.shape)
  return axes.length === 0 ? dy : tf.reshape(tf.sum(dy, axes), shape)
}

function given(tensor: tf.Tensor | undefined): tf.Tensor {
  if (!tensor) throw new Error('A gradient was asked for without what it is written in.')
  return tensor
}
