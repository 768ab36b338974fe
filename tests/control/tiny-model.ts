import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import { newGraph } from '../../src/engine/executors/onnx/graph.ts'
import { writeModel } from '../../src/engine/executors/onnx/proto.ts'

/**
 * A model folder as a run leaves it, with the built-in tokenizer and a model that counts: `free` makes a text spam,
 * anything else is ham.
 */
export function writeTinyModel(folder: string): void {
  mkdirSync(join(folder, 'onnx'), { recursive: true })
  for (const file of ['tokenizer.json', 'tokenizer_config.json'])
    copyFileSync(join(ENCODER_FOLDER, file), join(folder, file))
  const config = JSON.parse(readFileSync(join(ENCODER_FOLDER, 'config.json'), 'utf8')) as { vocab_size: number }
  const labels = { id2label: { 0: 'ham', 1: 'spam' }, label2id: { ham: 0, spam: 1 } }
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, ...labels }))

  const { model } = JSON.parse(readFileSync(join(ENCODER_FOLDER, 'tokenizer.json'), 'utf8')) as {
    model: { vocab: Record<string, number> }
  }
  const { '[CLS]': first, free } = model.vocab
  if (first === undefined || free === undefined) throw new Error('Expected the tokenizer to know [CLS] and free.')
  // [token, label]
  const scores = new Float32Array(config.vocab_size * 2)
  scores[first * 2] = 2
  scores[free * 2 + 1] = 5
  const graph = newGraph()
  const ids = graph.input({ name: 'input_ids', shape: ['batch', 'tokens'], element: 'int64' })
  graph.input({ name: 'attention_mask', shape: ['batch', 'tokens'], element: 'int64' })
  const each = graph.op('Gather', [graph.weight('scores', scores, [config.vocab_size, 2]), ids], { axis: { int: 0 } })
  const logits = graph.op('ReduceSum', [each, graph.int64([1])], { keepdims: { int: 0 } })
  graph.output({ name: 'logits', shape: ['batch', 2], element: 'float32' }, logits)
  writeFileSync(join(folder, 'onnx', 'model.onnx'), writeModel(graph.model()))
}
