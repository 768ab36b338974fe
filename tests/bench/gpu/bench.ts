import { spawn, spawnSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ENCODER_FOLDER } from '../../../src/builtin/known.ts'
import type { Device } from '../../../src/engine/executors/cuda/run/device.ts'
import type { Precision } from '../../../src/engine/executors/precision.ts'
import { followLosses, followTrace, SMOOTH_TRACES } from '../../engine/follow-trace.ts'
import { accuracy } from './accuracy.ts'
import { JOB, reportOf, runEngine, writeJob } from './job.ts'
import { attention, products, profile } from './kernels.ts'
import { limits, refusalOf } from './limits.ts'
import { median, open, round } from './open.ts'
import { type Shape, startShape } from './shapes.ts'
import {
  apart,
  awayFromBend,
  type Checked,
  type Compared,
  DROPPED,
  type Losses,
  REFERENCES,
  ROUNDED,
  SETS,
  STEPS,
  stepsOf,
  UNUSUAL,
} from './steps.ts'

/*
 * Measures, on a GPU machine: `npm run bench:gpu`, or `sh .gpu/run.sh` where there is no Node. Each measurement has a process
 * of its own, so that a failure is one line of the report and not its end. What is asked for by name is one of them; `check`
 * is what test.ts asks for.
 */

const RUNS = { root: join(tmpdir(), 'finetune-job'), cache: join(tmpdir(), 'finetune-job-cache') }
const MEASURED: readonly (Shape & { precision: Precision })[] = [
  { model: 'distilbert', batch: 16, tokens: 256, dropout: 0.1, precision: 'bf16' },
  { model: 'distilbert', batch: 16, tokens: 256, dropout: 0.1, precision: 'tf32' },
  { model: 'distilbert', batch: 16, tokens: 256, dropout: 0.1, precision: 'fp32' },
  { model: 'distilbert', batch: 16, tokens: 256, dropout: 0.1, precision: 'fp16' },
  { model: 'distilbert', batch: 16, tokens: 128, dropout: 0.1, precision: 'bf16' },
  { model: 'distilbert', batch: 16, tokens: 64, dropout: 0.1, precision: 'bf16' },
  { model: 'minilm', batch: 16, tokens: 128, dropout: 0.1, precision: 'bf16' },
  { model: 'bert', batch: 16, tokens: 256, dropout: 0.1, precision: 'bf16' },
  { model: 'roberta', batch: 16, tokens: 256, dropout: 0.1, precision: 'bf16' },
  { model: 'distilbert', batch: 32, tokens: 512, dropout: 0.1, precision: 'bf16' },
  { model: 'distilbert', batch: 64, tokens: 128, dropout: 0.1, precision: 'bf16' },
  { model: 'distilbert', batch: 32, tokens: 512, dropout: 0.1, precision: 'bf16', gradient_checkpointing: true },
  { model: 'bert', batch: 32, tokens: 512, dropout: 0.1, precision: 'bf16' },
  { model: 'bert', batch: 32, tokens: 512, dropout: 0.1, precision: 'bf16', gradient_checkpointing: true },
]

/** Golden runs of Trainer, and six steps of a model of real size beside the onnx executor: in 32-bit floats. */
async function checkExact(): Promise<Checked> {
  const { device, executor } = await open('fp32')
  const golden: Record<string, number> = {}
  for (const name of SMOOTH_TRACES) {
    golden[name] = await followTrace({ name, executor: (await open('fp32')).executor })
  }
  const args = { gradient_checkpointing: true }
  const made = await followTrace({ name: 'distilbert-all', executor: (await open('fp32')).executor, args })
  golden['distilbert-all with gradient checkpointing'] = made
  // Packed beside this; made here where it is not.
  const reference = new URL('reference.json', import.meta.url)
  const all = existsSync(reference)
    ? (JSON.parse(readFileSync(reference, 'utf8')) as Losses[])
    : await (await import('./onnx-steps.ts')).onnxSteps()
  const compared: Compared[] = []
  for (const [i, shape] of REFERENCES.entries()) {
    for (const gradient_checkpointing of [false, true]) {
      const { learner, batchOf } = await startShape({ executor, shape: { ...shape, gradient_checkpointing } })
      compared.push(apart(await stepsOf(learner, batchOf), all[i] ?? []))
    }
  }
  return {
    golden,
    compared,
    unusual: {},
    smooth: null,
    checkpointed: null,
    same_twice: await isSameTwice('fp32'),
    kernels: device.counts(),
  }
}

/**
 * Six steps without dropout beside the same in fp32 on this card, over five sets of batches. Then the first set once more
 * where ReLU is far from its bend, and of its first step the gradients. apart.py does the same with torch.
 */
async function checkRounded(precision: Precision): Promise<Checked> {
  const run = async (asked: Precision) => {
    const { device, executor } = await open(asked)
    const { learner, batchOf } = await startShape({ executor, shape: ROUNDED })
    const begin = await learner.snapshot()
    const sets: Losses[] = []
    for (let set = 0; set < SETS; set++) {
      learner.resume(begin)
      sets.push(await stepsOf(learner, (seed) => batchOf(seed + 1000 * set)))
    }
    learner.resume({ ...begin, weights: awayFromBend(begin.weights) })
    const first = await stepsOf(learner, batchOf, { from: 0, to: 1 })
    const gradients = (await learner.snapshot()).m
    const smooth = [...first, ...(await stepsOf(learner, batchOf, { from: 1, to: STEPS }))]
    return { sets, smooth, gradients, kernels: device.counts() }
  }
  const [exact, got] = [await run('fp32'), await run(precision)]
  const shape = { ...ROUNDED, gradient_checkpointing: true }
  const { learner, batchOf } = await startShape({ executor: (await open(precision)).executor, shape })
  learner.restore(awayFromBend(await learner.weights()))
  const checkpointed = await stepsOf(learner, batchOf)
  const gradients: Record<string, number> = {}
  for (const [name, { data }] of exact.gradients) {
    const other = got.gradients.get(name)?.data ?? new Float32Array()
    const square = (of: (i: number) => number) => data.reduce((sum, _, i) => sum + of(i) ** 2, 0)
    gradients[name] = Math.sqrt(square((i) => (other[i] ?? NaN) - (data[i] ?? NaN)) / square((i) => data[i] ?? NaN))
  }
  const golden: Record<string, number> = {}
  for (const name of SMOOTH_TRACES)
    golden[name] = await followLosses({ name, executor: (await open(precision)).executor })
  const unusual: Record<string, number> = {}
  for (const shape of UNUSUAL) {
    const losses = async (asked: Precision) => {
      const { learner, batchOf } = await startShape({ executor: (await open(asked)).executor, shape })
      return stepsOf(learner, batchOf)
    }
    unusual[shape.model] = Math.max(...apart(await losses(precision), await losses('fp32')).loss)
  }
  return {
    golden,
    unusual,
    compared: got.sets.map((losses, set) => apart(losses, exact.sets[set] ?? [])),
    smooth: { ...apart(got.smooth, exact.smooth), gradients },
    checkpointed: apart(checkpointed, exact.smooth),
    same_twice: await isSameTwice(precision),
    kernels: got.kernels,
  }
}

/** With dropout, whose masks are drawn anew. */
async function isSameTwice(precision: Precision): Promise<boolean> {
  const run = async () => {
    const { learner, batchOf } = await startShape({ executor: (await open(precision)).executor, shape: DROPPED })
    return JSON.stringify(await stepsOf(learner, batchOf))
  }
  return (await run()) === (await run())
}

/** A run long enough for several heartbeats, beside what nvidia-smi says of the card meanwhile. */
async function samples(): Promise<object> {
  const fields = 'timestamp,utilization.gpu,memory.used,temperature.gpu,power.draw'
  const smi = spawn('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv', '-lms', '500'])
  let said = ''
  smi.stdout.on('data', (text: Buffer) => (said += text.toString()))
  smi.on('error', (error) => (said += error.message))
  const args = { max_steps: 2000, eval_strategy: 'no', logging_steps: 500 } as const
  const made = reportOf(await runEngine({ ...RUNS, wanted: { ...JOB, args: { ...JOB.args, ...args } } }))
  smi.kill()
  return { ...made, nvidia_smi: said.trim().split('\n') }
}

async function measure(shape: Shape, precision: Precision): Promise<object> {
  const spent = { load: 0, record: 0 }
  let work: Parameters<Device['submit']>[0] | null = null
  const { device, executor } = await open(precision, (opened) => ({
    ...opened,
    load: async (kernels) => {
      const start = performance.now()
      await opened.load(kernels)
      spent.load += performance.now() - start
    },
    record: (launches) => {
      const start = performance.now()
      const recording = opened.record(launches)
      spent.record += performance.now() - start
      return recording
    },
    submit: (given) => {
      work = given
      return opened.submit(given)
    },
  }))
  const before = device.memory()
  const { learner, batchOf } = await startShape({ executor, shape })
  const batches = Array.from({ length: 32 }, (_, i) => batchOf(i))
  let update = 0
  const step = () =>
    learner.step({ batches: [batches[update % 32] ?? batchOf(0)], update: update++, learning_rate: 5e-5 })
  const from = performance.now()
  const first = await step()
  const firstMs = performance.now() - from
  for (let i = 0; i < 9; i++) await step()
  const flowing: number[] = []
  const enqueued: number[] = []
  let last = first
  for (let group = 0; group < 9; group++) {
    const start = performance.now()
    const waiting = Array.from({ length: 20 }, step)
    enqueued.push((performance.now() - start) / 20)
    last = (await Promise.all(waiting)).at(-1) ?? last
    flowing.push((performance.now() - start) / 20)
  }
  const awaited: number[] = []
  for (let i = 0; i < 40; i++) {
    const start = performance.now()
    last = await step()
    awaited.push(performance.now() - start)
  }
  // The device alone: the same step again and again, with nothing to prepare.
  const alone: number[] = []
  const again = work as unknown as Parameters<Device['submit']>[0]
  for (let group = 0; group < 5; group++) {
    const start = performance.now()
    await Promise.all(Array.from({ length: 20 }, () => device.submit(again)))
    alone.push((performance.now() - start) / 20)
  }
  return {
    gpu_ms: round(median(alone)),
    ms: round(median(flowing)),
    least_ms: round(Math.min(...flowing)),
    awaited_ms: round(median(awaited)),
    host_ms: round(median(enqueued)),
    first_ms: round(firstMs),
    load_ms: round(spent.load),
    record_ms: round(spent.record),
    gib: round((before.free - device.memory().free) / 2 ** 30),
    first_loss: first.loss,
    last_loss: last.loss,
    kernels: device.counts(),
  }
}

/** Steps for a profiler to look at. */
async function trace(shape: Shape, precision: Precision): Promise<object> {
  const { executor } = await open(precision)
  const { learner, batchOf } = await startShape({ executor, shape })
  const batches = [batchOf(1), batchOf(2)]
  const step = (update: number) =>
    learner.step({ batches: [batches[update % 2] ?? batchOf(0)], update, learning_rate: 5e-5 })
  await step(0)
  for (let group = 0; group < 3; group++) {
    await Promise.all(Array.from({ length: 20 }, (_, i) => step(1 + 20 * group + i)))
  }
  await new Promise((resolve) => setTimeout(resolve, 500))
  return {}
}

/** 500 rows of 256, by batches of 8 and of 64. */
async function evaluation(precision: Precision): Promise<object> {
  const { executor } = await open(precision)
  const result: Record<string, number> = {}
  for (const batch of [8, 50, 100]) {
    const shape = { model: 'distilbert', batch, tokens: 256, dropout: 0.1 }
    const { learner, batchOf } = await startShape({ executor, shape })
    const one = batchOf(1)
    await learner.evaluate(one)
    const times: number[] = []
    for (let i = 0; i < 3; i++) {
      const start = performance.now()
      for (let rows = 0; rows < 500; rows += batch) await learner.evaluate(one)
      times.push(performance.now() - start)
    }
    result[`by_${batch}_ms`] = round(median(times))
    const start = performance.now()
    await Promise.all(Array.from({ length: Math.ceil(500 / batch) }, () => learner.evaluate(one)))
    result[`by_${batch}_flowing_ms`] = round(performance.now() - start)
  }
  return result
}

const [what = 'all', given = '{}'] = process.argv.slice(2)
const asked = JSON.parse(given) as Shape & { precision: Precision }
const WORK: Record<string, () => Promise<object>> = {
  check: () => (asked.precision === 'fp32' ? checkExact() : checkRounded(asked.precision)),
  measure: () => measure(asked, asked.precision),
  evaluation: () => evaluation(asked.precision),
  write_job: async () => {
    const packed = fileURLToPath(new URL('tokenizer', import.meta.url))
    await writeJob({ root: RUNS.root, tokenizer: existsSync(packed) ? packed : ENCODER_FOLDER })
    return {}
  },
  job: async () => reportOf(await runEngine({ ...RUNS, wanted: JOB })),
  accuracy: () => accuracy({ root: RUNS.root, ...(asked as object) }),
  samples,
  limits,
  refusal: async () => ({ refused: await refusalOf(asked) }),
  trace: () => trace(asked, asked.precision),
  products,
  profile: () => profile(asked, asked.precision),
  attention: () => attention(asked.precision),
}

if (what !== 'all') {
  const work = WORK[what]
  if (!work) throw new Error(`There is no ${what}`)
  process.stdout.write(`${JSON.stringify(await work())}\n`)
  process.exit(0)
}

const out = process.env.OUT ?? '.'
mkdirSync(out, { recursive: true })
const rows: object[] = []
const run = (work: string, options: object, timeout = 60_000): void => {
  const child = spawnSync(
    process.execPath,
    [...process.execArgv, process.argv[1] ?? '', work, JSON.stringify(options)],
    {
      encoding: 'utf8',
      timeout,
      maxBuffer: 2 ** 26,
    },
  )
  const line = child.stdout.trim().split('\n').at(-1) ?? ''
  const failed = child.status !== 0 || !line.startsWith('{')
  const row = {
    work,
    ...options,
    ...(failed ? { error: child.stderr.slice(-1500), status: child.status } : (JSON.parse(line) as object)),
  }
  rows.push(row)
  process.stdout.write(`${JSON.stringify(row)}\n`)
  appendFileSync(join(out, 'ours.jsonl'), `${JSON.stringify(row)}\n`)
}
run('write_job', {})
// The first one compiles kernels.
for (let i = 0; i < 4; i++) run('job', {})
run('samples', {})
for (const shape of MEASURED) run('measure', shape)
run('evaluation', { precision: 'bf16' })
run('limits', {})
for (let seed = 42; seed < 52; seed++) run('accuracy', { seed })
writeFileSync(join(out, 'ours.json'), JSON.stringify(rows, null, 1))
