import * as tf from '@tensorflow/tfjs-core'
import type { Attributes, Dtype, Node, NodeOf, Op, Value } from './node.ts'

/** What TensorFlow.js knows a tensor by. */
type DataId = object

/**
 * A TensorFlow.js backend that computes nothing: its kernels (kernels.ts) write down what would be computed.
 * A class because TensorFlow.js asks for one.
 */
export class Recorder extends tf.KernelBackend {
  nodes: Node[] = []
  private readonly values = new WeakMap<DataId, Value>()
  private readonly literals = new WeakMap<DataId, { values: tf.BackendValues; shape: number[]; dtype: tf.DataType }>()
  private nextId = 0

  /** Starts over, and gives what was recorded so far. */
  take(): Node[] {
    const nodes = this.nodes
    this.nodes = []
    return nodes
  }

  value(shape: readonly number[], dtype: Dtype): Value {
    return { id: this.nextId++, shape: [...shape], dtype }
  }

  /** Records a node with one output, and gives it as TensorFlow.js wants it. */
  node<Each extends Op>(
    op: Each,
    inputs: tf.TensorInfo[],
    attributes: Attributes[Each],
    shape: readonly number[],
    dtype: Dtype,
  ): tf.TensorInfo {
    const [output] = this.nodeOfMany(op, inputs, attributes, [shape], dtype)
    if (!output) throw new Error(`${op} was recorded without an output`)
    return output
  }

  /** Records a node with an output of each shape. */
  nodeOfMany<Each extends Op>(
    op: Each,
    inputs: tf.TensorInfo[],
    attributes: Attributes[Each],
    shapes: readonly (readonly number[])[],
    dtype: Dtype,
  ): tf.TensorInfo[] {
    const outputs = shapes.map((shape) => this.value(shape, dtype))
    const node: NodeOf<Each> = { op, inputs: inputs.map((input) => this.valueFor(input)), outputs, attributes }
    this.nodes.push(node as unknown as Node)
    return outputs.map((output) => this.infoFor(output))
  }

  /** A tensor that stands for a value. */
  infoFor(value: Value): tf.TensorInfo {
    const dataId: DataId = {}
    this.values.set(dataId, value)
    return { dataId, shape: [...value.shape], dtype: value.dtype }
  }

  /** The value that a tensor stands for. Numbers that the program itself wrote down become a constant when first used. */
  valueFor(tensor: tf.TensorInfo): Value {
    const known = this.values.get(tensor.dataId)
    if (known) {
      const same = known.shape.length === tensor.shape.length && known.shape.every((n, i) => n === tensor.shape[i])
      if (same && known.dtype === tensor.dtype) return known
    }
    const literal = this.literals.get(tensor.dataId)
    if (!literal) throw new Error('A tensor was used that this recorder does not know.')
    const value = this.value(tensor.shape, literal.dtype as Dtype)
    const values = numbers(literal.values, value.dtype)
    this.nodes.push({ op: 'Constant', inputs: [], outputs: [value], attributes: { values } })
    this.values.set(tensor.dataId, value)
    return value
  }

  override write(values: tf.BackendValues, shape: number[], dtype: tf.DataType): DataId {
    const dataId: DataId = {}
    this.literals.set(dataId, { values, shape, dtype })
    return dataId
  }

  override readSync(dataId: DataId): tf.BackendValues {
    const literal = this.literals.get(dataId)
    if (literal) return literal.values
    throw new Error('A recorded tensor has no numbers; only running the program makes them.')
  }

  override read(dataId: DataId): Promise<tf.BackendValues> {
    return Promise.resolve(this.readSync(dataId))
  }

  override numDataIds(): number {
    return 0
  }

  override disposeData(): boolean {
    return true
  }

  override incRef(): void {
    // Values are forgotten with their tensors.
  }

  override refCount(): number {
    return 1
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true }
  }

  override floatPrecision(): 32 {
    return 32
  }

  override epsilon(): number {
    return 1e-7
  }

  override timerAvailable(): boolean {
    return false
  }

  override dispose(): void {
    // Holds nothing outside the heap.
  }
}

function numbers(values: tf.BackendValues, dtype: Dtype): Float32Array | Int32Array | Uint8Array {
  const list = Array.from(values as ArrayLike<number>)
  if (dtype === 'float32') return Float32Array.from(list)
  return dtype === 'int32' ? Int32Array.from(list) : Uint8Array.from(list)
}
