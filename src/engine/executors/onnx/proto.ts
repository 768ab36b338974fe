import { PbfWriter } from 'pbf'

/** onnx.proto3, as far as we write it: field numbers of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3 */

export const ELEMENT = { float32: 1, int32: 6, int64: 7, bool: 9, uint32: 12 } as const
export type Element = keyof typeof ELEMENT

export type Attribute = { int: number } | { float: number } | { ints: readonly number[] } | { string: string }

export interface OnnxNode {
  type: string
  inputs: readonly string[]
  outputs: readonly string[]
  attributes: Readonly<Record<string, Attribute>>
  domain: '' | 'com.microsoft'
}

export interface OnnxTensor {
  name: string
  shape: readonly number[]
  element: Element
  bytes: Uint8Array
}

/** An input or an output; an axis may have a name instead of a length. */
export interface OnnxValue {
  name: string
  shape: readonly (number | string)[]
  element: Element
}

export interface OnnxModel {
  nodes: readonly OnnxNode[]
  initializers: readonly OnnxTensor[]
  inputs: readonly OnnxValue[]
  outputs: readonly OnnxValue[]
}

/** 17 has LayerNormalization and 18 reductions with axes as input; transformers.js reads 18 everywhere. */
const OPSETS = [
  { domain: '', version: 18 },
  { domain: 'com.microsoft', version: 1 },
] as const
const IR_VERSION = 8

/** Field numbers of messages and bytes that are written here, behind their length. */
const FIELD = { graph: 7, initializer: 5, rawData: 9 } as const
const WITH_LENGTH = 2

/** The bytes of an .onnx file. */
export function writeModel(model: OnnxModel): Uint8Array {
  return Buffer.concat(modelPieces(model))
}

/** The same in pieces, one after the other: the tensors are those of the model, not copies of them. */
export function modelPieces(model: OnnxModel): Uint8Array[] {
  const before = written((out) => {
    for (const each of model.nodes) out.writeMessage(1, node, each)
    out.writeStringField(2, 'finetune')
  })
  const tensors = model.initializers.flatMap((tensor) => {
    const head = written((out) => {
      for (const length of tensor.shape) out.writeVarintField(1, length)
      out.writeVarintField(2, ELEMENT[tensor.element])
      out.writeStringField(8, tensor.name)
      beginField(out, FIELD.rawData, tensor.bytes.length)
    })
    const start = written((out) => beginField(out, FIELD.initializer, head.length + tensor.bytes.length))
    return [start, head, tensor.bytes]
  })
  const after = written((out) => {
    for (const each of model.inputs) out.writeMessage(11, value, each)
    for (const each of model.outputs) out.writeMessage(12, value, each)
  })
  const graph = [before, ...tensors, after]
  const start = written((out) => {
    out.writeVarintField(1, IR_VERSION)
    out.writeStringField(2, 'finetune')
    beginField(
      out,
      FIELD.graph,
      graph.reduce((sum, { length }) => sum + length, 0),
    )
  })
  const end = written((out) => {
    for (const opset of OPSETS) {
      if (opset.domain !== '' && !model.nodes.some(({ domain }) => domain === opset.domain)) continue
      out.writeMessage(
        8,
        (set, to) => {
          to.writeStringField(1, set.domain)
          to.writeVarintField(2, set.version)
        },
        opset,
      )
    }
  })
  return [start, ...graph, end]
}

function written(write: (out: PbfWriter) => void): Uint8Array {
  const out = new PbfWriter()
  write(out)
  return out.finish()
}

function beginField(out: PbfWriter, field: number, length: number): void {
  out.writeVarint(field * 8 + WITH_LENGTH)
  out.writeVarint(length)
}

function node({ type, inputs, outputs, attributes, domain }: OnnxNode, out: PbfWriter): void {
  for (const name of inputs) out.writeStringField(1, name)
  for (const name of outputs) out.writeStringField(2, name)
  out.writeStringField(3, outputs[0] ?? '')
  out.writeStringField(4, type)
  for (const each of Object.entries(attributes)) out.writeMessage(5, attribute, each)
  if (domain !== '') out.writeStringField(7, domain)
}

function attribute([name, value]: [string, Attribute], out: PbfWriter): void {
  out.writeStringField(1, name)
  if ('float' in value) {
    out.writeFloatField(2, value.float)
    out.writeVarintField(20, 1)
  } else if ('int' in value) {
    out.writeVarintField(3, value.int)
    out.writeVarintField(20, 2)
  } else if ('string' in value) {
    out.writeStringField(4, value.string)
    out.writeVarintField(20, 3)
  } else {
    for (const int of value.ints) out.writeVarintField(8, int)
    out.writeVarintField(20, 7)
  }
}

function value({ name, shape, element }: OnnxValue, out: PbfWriter): void {
  out.writeStringField(1, name)
  out.writeMessage(
    2,
    (_, type) =>
      type.writeMessage(
        1,
        (_, tensorType) => {
          tensorType.writeVarintField(1, ELEMENT[element])
          tensorType.writeMessage(2, dimensions, shape)
        },
        null,
      ),
    null,
  )
}

function dimensions(shape: OnnxValue['shape'], out: PbfWriter): void {
  for (const length of shape) {
    out.writeMessage(
      1,
      (each, dimension) => {
        if (typeof each === 'string') dimension.writeStringField(2, each)
        else dimension.writeVarintField(1, each)
      },
      length,
    )
  }
}
