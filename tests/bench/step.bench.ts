import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import type { Batch } from '../../src/engine/data/batches.ts'
import { onnxExecutor } from '../../src/engine/executors/onnx/executor.ts'
import { type Learner, startLearner } from '../../src/engine/learner.ts'
import { modelOf } from '../../src/engine/models/model.ts'
import { ModelConfig } from '../../src/engine/pretrained.ts'
import { initialWeights } from '../../src/engine/weights.ts'
import { DEFAULTS } from '../../src/run/arguments.ts'
import { type Measured, median } from './measured.ts'

/** Rounds of a few steps of each, in turns; medians over all of them. */
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 4)
const PYTHON = process.env.BENCH_PYTHON

const distilbert = { model_type: 'distilbert', vocab_size: 30522, max_position_embeddings: 512, pad_token_id: 0 }
const bert = {
  model_type: 'bert',
  vocab_size: 30522,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  pad_token_id: 0,
}

interface Shape {
  name: string
  config: Record<string, unknown>
  batch: number
  tokens: number
  steps: number
  evaluate?: true
  /** The most that our time may be of PyTorch's */
  bar: number
}

const encoder = JSON.parse(readFileSync(`${ENCODER_FOLDER}/config.json`, 'utf8')) as Record<string, unknown>
const SHAPES: readonly Shape[] = [
  { name: 'built-in encoder, step', config: encoder, batch: 16, tokens: 128, steps: 6, bar: 0.8 },
  { name: 'built-in encoder, evaluation', config: encoder, batch: 32, tokens: 128, steps: 4, evaluate: true, bar: 0.8 },
  {
    name: 'MiniLM-L6, step',
    config: { ...bert, hidden_size: 384, intermediate_size: 1536, num_hidden_layers: 6, num_attention_heads: 12 },
    batch: 16,
    tokens: 128,
    steps: 2,
    bar: 0.9,
  },
  {
    name: 'DistilBERT-base, step',
    config: { ...distilbert, dim: 768, hidden_dim: 3072, n_layers: 6, n_heads: 12 },
    batch: 8,
    tokens: 128,
    steps: 2,
    bar: 0.9,
  },
  {
    name: 'BERT-base, step',
    config: { ...bert, hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12 },
    batch: 8,
    tokens: 128,
    steps: 1,
    bar: 0.95,
  },
]

/** A whole training step (dropout, clipping, AdamW), and an evaluation, beside PyTorch's with as many threads. */
export async function stepBench(): Promise<Measured[]> {
  const torch = PYTHON === undefined ? null : startTorch(PYTHON)
  // Without PyTorch beside it only the first is of use, and the large ones take a minute.
  const shapes = torch || process.env.BENCH_ALL ? SHAPES : SHAPES.slice(0, 2)
  const measured: Measured[] = []
  try {
    for (const shape of shapes) {
      const executor = onnxExecutor()
      const { learner, compiled } = await newLearner(shape, executor)
      await runOurs(learner, { ...shape, steps: 3 })
      await torch?.run({ ...shape, steps: 3 })
      const ours: number[] = []
      const theirs: number[] = []
      for (let round = 0; round < ROUNDS; round++) {
        ours.push(...(await runOurs(learner, shape)))
        theirs.push(...((await torch?.run(shape)) ?? []))
      }
      await executor.close()
      measured.push(row(shape, median(ours), theirs.length > 0 ? median(theirs) : null, compiled))
    }
  } finally {
    torch?.close()
  }
  return measured
}

function row({ name, batch, tokens, bar }: Shape, ours: number, theirs: number | null, compiled: number): Measured {
  const what = `${name} ${batch}×${tokens}`
  const own = `${ours.toFixed(0)} ms (compiled in ${(compiled / 1000).toFixed(1)} s)`
  if (theirs === null) return { what, measured: own, bar: 'BENCH_PYTHON names no Python with torch', met: true }
  const ratio = ours / theirs
  return {
    what,
    measured: `${own}, torch ${theirs.toFixed(0)} ms`,
    bar: `${ratio.toFixed(2)} × torch, at most ${bar}`,
    met: ratio <= bar,
  }
}

/** A learner with random weights, and the milliseconds that tracing the step and making a session of it took. */
async function newLearner({ config, batch, tokens }: Shape, executor: ReturnType<typeof onnxExecutor>) {
  const wanted = { config: ModelConfig.parse(config), labels: 2, dropout: null }
  const model = modelOf(wanted)
  const pretrained = { folder: '', name: '', config: wanted.config, weights: new Map() }
  const { weights } = initialWeights({ pretrained, model, seed: 42 })
  const all = Int32Array.from({ length: wanted.config.vocab_size }, (_, id) => id)
  const args = { ...DEFAULTS, per_device_train_batch_size: batch, max_length: tokens }
  const start = performance.now()
  const learner = await startLearner({ executor, model, args, weights, vocabulary: { used: all, rowOf: all } })
  return { learner, compiled: performance.now() - start }
}

let update = 0

async function runOurs(learner: Learner, shape: Shape): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < shape.steps; i++) {
    const batch = randomBatch(shape)
    const start = performance.now()
    if (shape.evaluate) await learner.evaluate(batch)
    else await learner.step({ batches: [batch], update: update++, learning_rate: 2e-5 })
    times.push(performance.now() - start)
  }
  return times
}

function randomBatch({ config, batch, tokens }: Shape): Batch {
  const below = (n: number) => Math.floor(Math.random() * n)
  return {
    ids: Int32Array.from({ length: batch * tokens }, () => 5 + below(Number(config.vocab_size) - 5)),
    mask: new Int32Array(batch * tokens).fill(1),
    labels: Int32Array.from({ length: batch }, () => below(2)),
    size: batch,
    length: tokens,
  }
}

function startTorch(python: string) {
  const script = fileURLToPath(new URL('torch_step.py', import.meta.url))
  const child = spawn(python, [script, String(availableParallelism())], { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    run: async ({
      config,
      batch,
      tokens,
      steps,
      evaluate = false,
    }: Shape | (Omit<Shape, 'evaluate'> & { evaluate?: boolean })): Promise<number[]> => {
      child.stdin.write(`${JSON.stringify({ model: config, labels: 2, batch, tokens, steps, evaluate })}\n`)
      const line = await lines.next()
      if (line.done) throw new Error(`${python} ended; it needs torch and transformers`)
      return JSON.parse(line.value) as number[]
    },
    close: () => child.kill(),
  }
}
