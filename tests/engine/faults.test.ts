import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { latestCheckpoint } from '../../src/engine/checkpoint.ts'
import { EXIT } from '../../src/engine/exit-codes.ts'
import { readSafetensors, writeSafetensors } from '../../src/engine/safetensors.ts'
import { train } from '../../src/engine/train.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRows, writeRun, writeTinyModel } from './run-folder.ts'

// Real processes on a real machine that has too little of something. What the machine does not let us take away from it
// is said, and not tried.

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
const ARGS: Partial<Arguments> = { save_strategy: 'steps', save_steps: 1, num_train_epochs: 3 }

const root = testFolder()
let before = ''
beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  writeRows(join(root, 'datasets', 'rows.jsonl'))
  before = writeRun({ root, name: 'before', args: { ...ARGS, max_steps: 2 } })
  expect(await train({ folder: before, env: {} })).toBe(0)
})

/** Why something cannot be tried here; null when it can. */
function refusal(command: string, args: readonly string[]): string | null {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' })
  return status === 0 ? null : (error?.message ?? stderr.trim())
}

interface Ended {
  code: number | null
  failed: Extract<ReturnType<typeof readEvents>[number], { type: 'failed' }>
}

/** Runs the engine as a process of its own, and gives its last words, which must be those of a failure. */
async function failing(
  folder: string,
  {
    shell = 'exec "$@"',
    meanwhile = () => Promise.resolve(),
  }: { shell?: string; meanwhile?: (pid: number) => Promise<void> } = {},
): Promise<Ended> {
  const engine = spawn('bash', ['-c', shell, 'bash', process.execPath, FINETUNE, 'train', folder], {
    stdio: 'ignore',
  })
  const exited = new Promise<number | null>((resolve) => engine.once('exit', resolve))
  try {
    await meanwhile(engine.pid ?? 0)
    await exited
  } finally {
    engine.kill('SIGKILL')
  }
  const code = await exited
  const failed = readEvents(folder).at(-1)
  if (failed?.type !== 'failed') throw new Error(`It ended with ${failed?.type}`)
  return { code, failed }
}

/** The newest checkpoint is whole, nothing half stands beside it, and a run that goes on from it comes to its end. */
async function expectSaved(
  folder: string,
  { step, ...options }: { step: number; args: Partial<Arguments>; dataset?: string },
) {
  const { checkpoint, refused } = await latestCheckpoint({ run_folder: folder })
  expect(refused).toEqual([])
  expect(checkpoint?.state.step).toBe(step)
  expect(spawnSync('ls', [folder], { encoding: 'utf8' }).stdout).not.toContain('unfinished')
  const next = writeRun({ root, name: `after-${step}-${Math.random()}`, ...options, resume_from_checkpoint: folder })
  expect(await train({ folder: next, env: {} })).toBe(0)
}

describe('a full disk', () => {
  const disk = join(root, 'disk')
  mkdirSync(disk)
  const mount = ['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', disk].join(' ')
  const why = refusal('sh', ['-c', `${mount} && umount ${disk}`])
  if (why !== null) console.info(`not tried: no small disk can be mounted here (${why})`)
  // Not while tests are collected: where none of these is run, nothing behind them is either.
  beforeAll(() => {
    if (why === null) execFileSync('sh', ['-c', mount])
  })
  afterAll(() => {
    if (why === null) execFileSync('umount', [disk])
  })

  it.skipIf(why !== null)('is named, and the last checkpoint that fitted is whole', async () => {
    const folder = writeRun({ root, name: 'disk', args: ARGS })
    const { code, failed } = await failing(folder)
    expect(failed).toMatchObject({ code: 'disk-full' })
    expect(failed.remedy).toContain('save_total_limit')
    expect(code).toBe(EXIT.io.code)
    expect(failed.step).toBeGreaterThan(1)
    // The next folder is on another disk: its checkpoints are copies.
    await expectSaved(folder, { step: failed.step - 1, args: ARGS })
  })
})

describe('a limit on the size of files', () => {
  it('is named, and what was saved before is whole', async () => {
    const folder = writeRun({ root, name: 'limited', args: ARGS, resume_from_checkpoint: before })
    const { code, failed } = await failing(folder, { shell: 'ulimit -f 1000; exec "$@"' })
    expect(failed).toMatchObject({ code: 'file-too-large', step: 3 })
    expect(failed.remedy).toContain('ulimit -f')
    expect(code).toBe(EXIT.io.code)
    await expectSaved(folder, { step: 2, args: ARGS })
  })
})

describe('too little memory', () => {
  const why = refusal('prlimit', ['--version'])
  if (why !== null) console.info(`not tried: no limit can be put on a running process here (${why})`)

  it.skipIf(why !== null)('is named, with what helps, and what was saved before is whole', async () => {
    const words = ['lunch', 'meeting', 'prize', 'winner', 'report', 'cheap', 'friend', 'offer']
    const rows = Array.from({ length: 5000 }, (_, i) => ({
      text: Array.from({ length: 60 }, (_, j) => words[(3 * i + 5 * j) % 8]).join(' '),
      label: i % 2 === 0 ? 'good' : 'bad',
    }))
    writeFileSync(join(root, 'datasets', 'many.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    // 3333 rows are to train, so the second batch of an epoch is small. It is the one that fits, and is saved.
    const dataset = 'many.jsonl'
    const args = { ...ARGS, max_length: 64, per_device_train_batch_size: 3000, max_steps: 3 }
    const wide = writeRun({ root, name: 'wide', dataset, args: { ...args, max_steps: 1 } })
    expect(await train({ folder: wide, env: {} })).toBe(0)
    const folder = writeRun({ root, name: 'narrow', dataset, args, resume_from_checkpoint: wide })
    const { code, failed } = await failing(folder, {
      meanwhile: async (pid) => {
        const events = join(folder, 'events.jsonl')
        while (
          existsSync(`/proc/${pid}`) &&
          (!existsSync(events) || !readFileSync(events, 'utf8').includes('compiling the training step'))
        )
          await setTimeout(10)
        const size = Number(/VmSize:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024
        execFileSync('prlimit', ['--pid', String(pid), `--as=${size + 500 * 2 ** 20}`])
      },
    })
    expect(failed).toMatchObject({ code: 'out-of-memory', step: 2 })
    expect(failed.remedy).toContain('per_device_train_batch_size')
    expect(code).toBe(EXIT.unavailable.code)
    await expectSaved(folder, { step: 2, dataset, args })
  })
})

describe('rows that cannot be read', () => {
  // Root may read everything, unless it gives that up.
  const isRoot = process.getuid?.() === 0
  const giveUp = ['--bounding-set=-dac_override,-dac_read_search']
  const why = isRoot ? refusal('setpriv', [...giveUp, 'true']) : null
  if (why !== null) console.info(`not tried: root cannot give up reading everything here (${why})`)

  it.skipIf(why !== null)('because nobody may', async () => {
    const file = join(root, 'datasets', 'secret.jsonl')
    cpSync(join(root, 'datasets', 'rows.jsonl'), file)
    chmodSync(file, 0o000)
    const folder = writeRun({ root, name: 'denied', dataset: 'secret.jsonl' })
    const shell = isRoot ? `exec setpriv ${giveUp.join(' ')} "$@"` : 'exec "$@"'
    const { code, failed } = await failing(folder, { shell })
    expect(failed).toMatchObject({ code: 'permission-denied', step: 0 })
    expect(failed.message).toContain('secret.jsonl')
    expect(code).toBe(EXIT.denied.code)
  })

  it('because they are no text', async () => {
    appendFileSync(join(root, 'datasets', 'torn.jsonl'), Buffer.from([0xff, 0xfe, 0x80, 0x0a]))
    const { code, failed } = await failing(writeRun({ root, name: 'torn', dataset: 'torn.jsonl' }))
    expect(failed).toMatchObject({ step: 0 })
    expect(failed.code).toMatch(/^data/)
    expect(code).toBe(EXIT.data.code)
  })
})

describe('a loss that is no number', () => {
  beforeEach(async () => {
    const path = join(root, 'models', 'broken', 'model.safetensors')
    cpSync(join(root, 'models', 'tiny'), join(root, 'models', 'broken'), { recursive: true })
    const tensors = await readSafetensors({ path })
    tensors.get('distilbert.embeddings.LayerNorm.weight')?.data.fill(NaN)
    await writeSafetensors({ path, tensors })
  })

  it('is named, with its step', async () => {
    const { code, failed } = await failing(writeRun({ root, name: 'nan', model: 'broken', args: ARGS }))
    expect(failed).toMatchObject({ code: 'loss-not-finite' })
    expect(failed.message).toMatch(/^At step 1 the loss/)
    expect(code).toBe(EXIT.data.code)
  })
})
