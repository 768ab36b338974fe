import type { Attribute, Element, OnnxModel, OnnxNode, OnnxTensor, OnnxValue } from './proto.ts'

/** An ONNX graph being written: every call gives the name of what it adds. */
export interface Graph {
  op: (
    type: string,
    inputs: readonly string[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: OpOptions,
  ) => string
  /** As `op`, with more than one output. */
  ops: (
    type: string,
    inputs: readonly string[],
    outputs: number,
    attributes?: Readonly<Record<string, Attribute>>,
  ) => string[]
  constant: (
    values: Float32Array | Int32Array | Uint8Array | BigInt64Array | Uint32Array,
    shape: readonly number[],
    element: Element,
  ) => string
  /** Whole numbers as ONNX wants them for shapes and axes. */
  int64: (values: readonly number[]) => string
  /** A tensor of the model by its own name. */
  weight: (name: string, values: Float32Array, shape: readonly number[]) => string
  input: (value: OnnxValue) => string
  output: (value: OnnxValue, from: string) => void
  model: () => OnnxModel
}

interface OpOptions {
  domain?: OnnxNode['domain']
}

export function newGraph(): Graph {
  const nodes: OnnxNode[] = []
  const initializers: OnnxTensor[] = []
  const inputs: OnnxValue[] = []
  const outputs: OnnxValue[] = []
  const constants = new Map<string, string>()
  /** Values that leave the graph take the name they leave under: a copy would cost as much as an update. */
  const renamed = new Map<string, string>()
  let count = 0

  const add = (
    type: string,
    ins: readonly string[],
    n: number,
    attributes = {},
    domain: OnnxNode['domain'] = '',
  ): string[] => {
    const outs = Array.from({ length: n }, () => `${type}_${count++}`)
    nodes.push({ type, inputs: ins, outputs: outs, attributes, domain })
    return outs
  }
  const initializer = (name: string, values: ArrayBufferView, shape: readonly number[], element: Element): string => {
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    initializers.push({ name, shape, element, bytes })
    return name
  }
  const graph: Graph = {
    op: (type, ins, attributes, { domain } = {}) => add(type, ins, 1, attributes, domain)[0] ?? '',
    ops: (type, ins, n, attributes) => add(type, ins, n, attributes),
    constant: (values, shape, element) => {
      // Small ones are shared: a graph says 0.5 and [1] dozens of times.
      const key = values.length <= 16 ? `${element} ${shape.join()} ${values.join()}` : null
      const known = key === null ? undefined : constants.get(key)
      if (known !== undefined) return known
      const name = initializer(`constant_${count++}`, values, shape, element)
      if (key !== null) constants.set(key, name)
      return name
    },
    int64: (values) => graph.constant(BigInt64Array.from(values, BigInt), [values.length], 'int64'),
    weight: (name, values, shape) => initializer(name, values, shape, 'float32'),
    input: (value) => {
      inputs.push(value)
      return value.name
    },
    output: (value, from) => {
      outputs.push(value)
      if (renamed.has(from) || inputs.some(({ name }) => name === from)) {
        nodes.push({ type: 'Identity', inputs: [from], outputs: [value.name], attributes: {}, domain: '' })
      } else renamed.set(from, value.name)
    },
    model: () => {
      const current = (name: string) => renamed.get(name) ?? name
      const named = nodes.map((node) => ({
        ...node,
        inputs: node.inputs.map(current),
        outputs: node.outputs.map(current),
      }))
      return { nodes: named, initializers, inputs, outputs }
    },
  }
  return graph
}
