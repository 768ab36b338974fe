import { fold } from '../executors/fold.ts'
import { newGraph } from '../executors/onnx/graph.ts'
import { lower, named, type Names } from '../executors/onnx/lower.ts'
import { modelPieces } from '../executors/onnx/proto.ts'
import type { Model } from '../models/model.ts'
import { inferenceProgram } from '../programs.ts'
import type { Weight } from '../safetensors.ts'

/**
 * The trained model as an .onnx file that pipeline('text-classification') of Transformers.js loads: input_ids and
 * attention_mask (int64 [batch, tokens]) to logits (float32 [batch, labels]), the weights inside under their own names.
 * In pieces, of which the weights are themselves.
 */
export async function exportOnnx({
  model,
  weights,
}: {
  model: Model
  weights: ReadonlyMap<string, Weight>
}): Promise<Uint8Array[]> {
  const program = fold(await inferenceProgram({ model }))
  const graph = newGraph()
  const names: Names = new Map()
  for (const { name, kind, value } of program.inputs) {
    if (kind === 'state') {
      const weight = weights.get(name)
      if (!weight) throw new Error(`There is no weight \`${name}\``)
      names.set(value.id, graph.weight(name, weight.data, weight.shape))
    } else {
      const given = graph.input({ name, shape: ['batch', 'tokens'], element: 'int64' })
      names.set(value.id, graph.op('Cast', [given], { to: { int: 6 } }))
    }
  }
  const draws = () => {
    throw new Error('An exported model has no dropout')
  }
  lower({ program, graph, names, draws })
  for (const { name, value } of program.outputs) {
    const shape = value.shape.map((length) => program.symbols.get(length) ?? length)
    graph.output({ name, shape, element: 'float32' }, named(names, value.id))
  }
  return modelPieces(graph.model())
}
