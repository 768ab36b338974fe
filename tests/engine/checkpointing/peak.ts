import { readFileSync } from 'node:fs'
import { onnxExecutor } from '../../../src/engine/executors/onnx/executor.ts'
import { startLearner } from '../../../src/engine/learner.ts'
import { modelOf } from '../../../src/engine/models/model.ts'
import { initialWeights } from '../../../src/engine/weights.ts'
import { DEFAULTS } from '../../../src/run/arguments.ts'

/*
 * A process of its own, whose peak is that of two updates: MiB that they need more than the process did before them. Many
 * rows through a narrow model of twelve layers, so that activations are most of it.
 */
const [batch, tokens] = [8, 128]
const config = {
  ...{ model_type: 'bert', vocab_size: 100, max_position_embeddings: tokens, type_vocab_size: 2, pad_token_id: 0 },
  ...{ hidden_size: 128, intermediate_size: 512, num_hidden_layers: 12, num_attention_heads: 4 },
}
const model = modelOf({ config, labels: 2, dropout: 0.1 })
const { weights } = initialWeights({
  pretrained: { folder: '', name: '', config, weights: new Map() },
  model,
  seed: 42,
})
const all = Int32Array.from({ length: config.vocab_size }, (_, id) => id)
const executor = onnxExecutor()
const learner = await startLearner({
  executor,
  model,
  args: { ...DEFAULTS, gradient_checkpointing: process.argv[2] === 'true' },
  weights,
  vocabulary: { used: all, rowOf: all },
})
const field = (name: string) =>
  Number(new RegExp(`${name}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1])
const before = field('VmRSS')
for (let update = 0; update < 2; update++) {
  const ids = Int32Array.from({ length: batch * tokens }, (_, i) => (i * 7 + update) % config.vocab_size)
  const labels = Int32Array.from({ length: batch }, (_, i) => i % 2)
  const batches = [{ ids, mask: new Int32Array(ids.length).fill(1), labels, size: batch, length: tokens }]
  await learner.step({ batches, update, learning_rate: 1e-4 })
}
process.stdout.write(String((field('VmHWM') - before) / 1024))
await executor.close()
