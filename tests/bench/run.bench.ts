import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { BUILTIN_EMAILS, BUILTIN_ENCODER, RECOMMENDED } from '../../src/builtin/known.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { writeRandomModel } from '../engine/random-model.ts'
import { readEvents, writeRun } from '../engine/run-folder.ts'
import { type Measured, median } from './measured.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
const PYTHON = process.env.BENCH_PYTHON
const STARTS = 3
const ROWS = { train: 48, eval: 16 }
const SHAPE = { batch: 8, tokens: 128 }

/** Whole runs in a process of their own, as the bot starts them: how soon they train, and what memory they take. */
export async function runBench(): Promise<Measured[]> {
  const root = mkdtempSync(join(tmpdir(), 'finetune-bench-'))
  try {
    return [await start(root), await memory(root)]
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** From the start of the process to that of the first step, with the e-mails cleaned by an earlier run. */
async function start(root: string): Promise<Measured> {
  const seconds: number[] = []
  for (let i = 0; i <= STARTS; i++) {
    const args = { ...RECOMMENDED[BUILTIN_ENCODER], ...RECOMMENDED[BUILTIN_EMAILS], max_steps: 2, test_size: 0.2 }
    const folder = writeRun({ root, name: `start-${i}`, model: BUILTIN_ENCODER, dataset: BUILTIN_EMAILS, args })
    const started = Date.now()
    await train(folder)
    const first = readEvents(folder).find((event) => event.type === 'phase' && event.phase === 'running')
    if (i > 0) seconds.push((Date.parse(first?.at ?? '') - started) / 1000)
  }
  const measured = median(seconds)
  return {
    what: 'process start to first step, built-in encoder',
    measured: `${measured.toFixed(2)} s (2000 e-mails read and tokenized)`,
    bar: 'at most 2 s',
    met: measured <= 2,
  }
}

/** A DistilBERT-base run with an evaluation and a checkpoint, beside the Trainer's. */
async function memory(root: string): Promise<Measured> {
  await writeRandomModel({ folder: join(root, 'models', 'distilbert'), config: DISTILBERT_BASE })
  const dataset = join(root, 'datasets', 'rows.jsonl')
  writeTexts(dataset)
  const args = {
    per_device_train_batch_size: SHAPE.batch,
    per_device_eval_batch_size: SHAPE.batch,
    max_length: SHAPE.tokens,
    eval_strategy: 'epoch',
    save_strategy: 'epoch',
    test_size: ROWS.eval / (ROWS.train + ROWS.eval),
  } as const
  const folder = writeRun({ root, name: 'memory', model: 'distilbert', dataset: 'rows.jsonl', args })
  const ours = await train(folder)
  const what = `peak memory, DistilBERT-base ${SHAPE.batch}×${SHAPE.tokens}`
  if (PYTHON === undefined) {
    return { what, measured: gigabytes(ours), bar: 'BENCH_PYTHON names no Python with torch', met: true }
  }
  const ask = {
    model: join(root, 'models', 'distilbert'),
    dataset,
    rows: ROWS.train,
    ...SHAPE,
    threads: availableParallelism(),
  }
  const script = fileURLToPath(new URL('torch_run.py', import.meta.url))
  const lines = execFileSync(PYTHON, [script, JSON.stringify(ask)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const theirs = (JSON.parse(lines.trim().split('\n').at(-1) ?? '') as { bytes: number }).bytes
  return {
    what,
    measured: `${gigabytes(ours)}, Trainer ${gigabytes(theirs)}`,
    bar: "at most the Trainer's",
    met: ours <= theirs,
  }
}

/** Runs the engine and gives the most memory that it had, in bytes; NaN where there is no /proc. */
async function train(folder: string): Promise<number> {
  const child = spawn(process.execPath, [FINETUNE, 'train', folder], {
    env: { ...process.env, FINETUNE_EXECUTOR: 'onnx' },
    stdio: 'ignore',
  })
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let bytes = NaN
  while (child.exitCode === null && child.signalCode === null) {
    const status = `/proc/${child.pid}/status`
    // The process may be gone between the two.
    const text = existsSync(status) ? tryRead(status) : ''
    const peak = /VmHWM:\s+(\d+) kB/.exec(text)?.[1]
    if (peak !== undefined) bytes = 1024 * Number(peak)
    await Promise.race([ended, sleep(50)])
  }
  const code = await ended
  if (code !== 0) throw new Error(`The run ended with ${code}: ${lastMessage(readEvents(folder))}`)
  return bytes
}

function tryRead(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function lastMessage(events: readonly RunEvent[]): string {
  const last = events.at(-1)
  return last?.type === 'failed' ? last.message : 'no message'
}

const DISTILBERT_BASE = {
  model_type: 'distilbert',
  architectures: ['DistilBertForMaskedLM'],
  vocab_size: 30522,
  max_position_embeddings: 512,
  pad_token_id: 0,
  dim: 768,
  hidden_dim: 3072,
  n_layers: 6,
  n_heads: 12,
}

/** Texts of more tokens than a row has, of words that the tokenizer knows. */
function writeTexts(path: string): void {
  mkdirSync(join(path, '..'), { recursive: true })
  const words = ['lunch', 'meeting', 'prize', 'winner', 'report', 'cheap', 'friend', 'offer', 'money', 'list']
  const rows = Array.from({ length: ROWS.train + ROWS.eval }, (_, i) => ({
    text: Array.from({ length: 2 * SHAPE.tokens }, (_each, j) => words[(7 * i + j * j) % words.length]).join(' '),
    label: i % 2 === 0 ? 'good' : 'bad',
  }))
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

function gigabytes(bytes: number): string {
  return `${(bytes / 1e9).toFixed(2)} GB`
}
