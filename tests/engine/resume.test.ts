import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { EXIT } from '../../src/engine/exit-codes.ts'
import { readSafetensors, writeSafetensors } from '../../src/engine/safetensors.ts'
import { train } from '../../src/engine/train.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import type { EventOf, EventType, RunEvent } from '../../src/run/events.ts'
import { changed } from './changed-executor.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRows, writeRun, writeTinyModel } from './run-folder.ts'

const root = testFolder()
beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  writeRows(join(root, 'datasets', 'rows.jsonl'))
})

let count = 0
type Options = Omit<NonNullable<Parameters<typeof writeRun>[0]>, 'root' | 'name'>
async function run(options: Options) {
  const folder = writeRun({ root, name: `run-${++count}`, ...options })
  const code = await train({ folder, env: {} })
  return told(folder, code)
}

function told(folder: string, code: number) {
  const events = readEvents(folder)
  const of = <Type extends EventType>(type: Type) =>
    events.filter((event): event is EventOf<Type> => event.type === type)
  return { folder, code, events, of }
}
type Told = ReturnType<typeof told>

/** All that two runs of the same work must have in common; how long things took is not. */
function expectSame(resumed: Told, whole: Told) {
  expect(resumed.code).toBe(0)
  const numbers = ({ of }: Told) => ({
    logs: of('log').map(({ step, epoch, loss, grad_norm, learning_rate }) => [
      step,
      epoch,
      loss,
      grad_norm,
      learning_rate,
    ]),
    evaluations: of('eval').map(({ step, epoch, eval_loss, eval_accuracy, confusion }) => [
      step,
      epoch,
      eval_loss,
      eval_accuracy,
      confusion,
    ]),
    end: of('done').map(({ step, epoch, train_loss, total_flos, best_step, metrics }) => [
      step,
      epoch,
      train_loss,
      total_flos,
      best_step,
      metrics,
    ]),
  })
  expect(numbers(resumed)).toEqual(numbers(whole))
  const bytes = ({ folder }: Told) => readFileSync(join(folder, 'model', 'model.safetensors'))
  expect(bytes(resumed).equals(bytes(whole))).toBe(true)
  const state = ({ folder }: Told) => {
    const text = readFileSync(join(folder, 'model', 'trainer_state.json'), 'utf8')
    return JSON.parse(text.replace(/"(\w+_runtime|\w+_per_second)": [\d.]+/g, '"$1": 0')) as unknown
  }
  expect(state(resumed)).toEqual(state(whole))
}

/** What was warned of the checkpoints and the training; what is said of the rows is said of each run. */
const warnings = ({ of }: Told) => of('warning').filter(({ code }) => !code.startsWith('dataset-'))

const checkpoints = (folder: string) =>
  readdirSync(folder)
    .filter((name) => name.startsWith('checkpoint-'))
    .sort()

const EVERY: Partial<Arguments> = {
  dropout: 0.3,
  weight_decay: 0.1,
  learning_rate: 3e-3,
  warmup_steps: 2,
  logging_steps: 2,
  num_train_epochs: 2,
  save_strategy: 'steps',
  save_steps: 1,
}

describe('a run that goes on from a checkpoint ends as if it had never stopped, to the bit', () => {
  it.each<[string, Partial<Arguments>, number[]]>([
    ['in the middle and at the end of an epoch', EVERY, [1, 3, 5, 6]],
    ['layers that are computed again', { ...EVERY, gradient_checkpointing: true }, [3]],
    ['gradient accumulation', { ...EVERY, per_device_train_batch_size: 5, gradient_accumulation_steps: 2 }, [1, 2, 3]],
    [
      'epochs that log and evaluate, in the step before that',
      { ...EVERY, logging_strategy: 'epoch', eval_strategy: 'epoch', eval_on_start: true },
      [2, 3, 5],
    ],
    [
      'the best checkpoint, made before and after',
      {
        ...EVERY,
        eval_strategy: 'steps',
        eval_steps: 1,
        load_best_model_at_end: true,
        metric_for_best_model: 'loss',
        greater_is_better: true,
        save_total_limit: 2,
      },
      [2, 6],
    ],
    [
      'early stopping, in the middle of its patience and after it',
      {
        ...EVERY,
        num_train_epochs: 4,
        eval_strategy: 'steps',
        eval_steps: 1,
        early_stopping_patience: 4,
        metric_for_best_model: 'accuracy',
        learning_rate: 1e-12,
      },
      [3, 5],
    ],
  ])('%s', async (_, args, steps) => {
    // The uninterrupted run keeps all of its checkpoints, whatever it is told to keep: each is gone on from.
    const whole = await run({ args })
    const kept = await run({ args: { ...args, save_total_limit: null } })
    for (const step of steps) {
      const from = join(kept.folder, `checkpoint-${step}`)
      const resumed = await run({ args, resume_from_checkpoint: from })
      expectSame(resumed, whole)
      expect(resumed.of('resumed')).toMatchObject([{ step, folder: from, refused: [] }])
      expect(warnings(resumed)).toEqual([])
      expect(checkpoints(resumed.folder)).toEqual(checkpoints(whole.folder))
    }
  })

  it('stopped by a person, wherever that was', async () => {
    const args: Partial<Arguments> = {
      ...EVERY,
      save_strategy: 'epoch',
      eval_strategy: 'epoch',
      num_train_epochs: 12,
      logging_steps: 5,
      load_best_model_at_end: true,
    }
    const folder = writeRun({ root, name: 'stopped', args })
    const running = train({ folder, env: {} })
    while (!existsSync(join(folder, 'events.jsonl')) || !readEvents(folder).some(({ type }) => type === 'log')) {
      await setTimeout(5)
    }
    writeFileSync(join(folder, 'stop.json'), '{}')
    const stopped = told(folder, await running)
    const at = stopped.of('stopped')[0]?.step ?? NaN
    const [resumed, whole] = [await run({ args, resume_from_checkpoint: folder }), await run({ args })]
    expect(resumed.of('resumed')[0]?.step).toBe(at)
    expectSame(resumed, whole)
  })

  it.each<[string, Partial<Arguments>, number]>([
    ['between two steps', { eval_strategy: 'steps', eval_steps: 2 }, 2],
    ['at the end of an epoch', { eval_strategy: 'epoch', save_strategy: 'epoch', logging_strategy: 'epoch' }, 3],
    ['before the first step', { eval_strategy: 'epoch', eval_on_start: true }, 0],
    ['after the last step', { eval_strategy: 'steps', eval_steps: 6 }, 6],
  ])('stopped in an evaluation %s, which is left and made when the run goes on', async (name, args, at) => {
    const options = { args: { ...EVERY, ...args, per_device_eval_batch_size: 2 } }
    const whole = await run(options)
    const folder = writeRun({ root, name: `stopped ${name}`, ...options })
    const stop = new AbortController()
    let evaluations = 0
    const choose = changed((compiled, nth) => async (given) => {
      const made = await compiled(given)
      // Each evaluation has 6 batches; the third batch of the first one is the last that is asked for.
      if (nth === 2 && ++evaluations === 3) stop.abort()
      return made
    })
    const stopped = told(folder, await train({ folder, env: {}, choose, signal: stop.signal }))
    expect(stopped.of('stopped')).toMatchObject([{ step: at, checkpoint: `checkpoint-${at}` }])
    expect(stopped.of('eval')).toEqual([])
    expect(evaluations).toBe(3)
    const { state } = await readCheckpoint({ folder: join(folder, `checkpoint-${at}`) })
    expect(state.owed).toMatchObject({ log: false, evaluate: true })
    expectSame(await run({ ...options, resume_from_checkpoint: folder }), whole)
  })

  it('failed with a loss that is no number', async () => {
    const whole = await run({ args: EVERY })
    const folder = writeRun({ root, name: 'spoiled', args: EVERY })
    let updates = 0
    const choose = changed((compiled) => async (given) => {
      const made = await compiled(given)
      return ++updates === 5 ? { ...made, grad_norm: Float32Array.of(Infinity) } : made
    })
    const failed = told(folder, await train({ folder, env: {}, choose }))
    expect(failed.of('failed')).toMatchObject([{ code: 'loss-not-finite' }])
    expect(checkpoints(folder)).toEqual(['checkpoint-1', 'checkpoint-2', 'checkpoint-3', 'checkpoint-4'])
    expectSame(await run({ args: EVERY, resume_from_checkpoint: folder }), whole)
  })

  it('again and again: what is gone on from may have been gone on with itself', async () => {
    const whole = await run({ args: EVERY })
    const first = await run({ args: EVERY, resume_from_checkpoint: join(whole.folder, 'checkpoint-2') })
    const second = await run({ args: EVERY, resume_from_checkpoint: join(first.folder, 'checkpoint-4') })
    expectSame(second, whole)
  })
})

describe('a folder is whole by itself', () => {
  it('holds the earlier checkpoints without their bytes, and lives on when the other one goes', async () => {
    const args: Partial<Arguments> = {
      ...EVERY,
      eval_strategy: 'steps',
      eval_steps: 1,
      load_best_model_at_end: true,
      metric_for_best_model: 'loss',
      greater_is_better: true,
    }
    const whole = await run({ args })
    const best = whole.of('done')[0]?.best_step ?? NaN
    expect(best).toBeLessThan(4)
    const other = join(root, 'other')
    cpSync(whole.folder, other, { recursive: true })
    rmSync(join(other, 'checkpoint-5'), { recursive: true })
    rmSync(join(other, 'checkpoint-6'), { recursive: true })
    const resumed = await run({ args, resume_from_checkpoint: other })
    expectSame(resumed, whole)
    const file = join(`checkpoint-${best}`, 'model.safetensors')
    expect(statSync(join(resumed.folder, file)).ino).toBe(statSync(join(other, file)).ino)
    expect(resumed.of('checkpoint').map(({ step, earlier = false }) => [step, earlier])).toEqual([
      [1, true],
      [2, true],
      [3, true],
      [4, true],
      [5, false],
      [6, false],
    ])
    rmSync(other, { recursive: true })
    expectSame(await run({ args, resume_from_checkpoint: join(resumed.folder, 'checkpoint-4') }), whole)
  })
})

describe('a checkpoint that is not what was written', () => {
  const harmed = async (name: string, harm: (checkpoint: string) => void) => {
    const args = { ...EVERY, save_steps: 2 }
    const whole = await run({ args })
    const folder = join(root, name)
    cpSync(whole.folder, folder, { recursive: true })
    harm(join(folder, 'checkpoint-6'))
    return { args, whole, folder }
  }

  it('is passed over with the reason, and the one before is used', async () => {
    const { args, whole, folder } = await harmed('harmed', (newest) => {
      const path = join(newest, 'optimizer.safetensors')
      const bytes = readFileSync(path)
      bytes[bytes.length - 9] = (bytes.at(-9) ?? 0) ^ 4
      writeFileSync(path, bytes)
    })
    const resumed = await run({ args, resume_from_checkpoint: folder })
    expectSame(resumed, whole)
    expect(resumed.of('resumed')).toMatchObject([{ step: 4, refused: [{ folder: join(folder, 'checkpoint-6') }] }])
    expect(warnings(resumed)).toMatchObject([{ code: 'checkpoint-refused', step: 4 }])
    expect(warnings(resumed)[0]?.message).toMatch(
      /^checkpoint-6 cannot be used: optimizer\.safetensors is not what was written .* The run goes on from checkpoint-4\.$/,
    )
  })

  it('is no start where it was named itself', async () => {
    const { args, folder } = await harmed('torn', (newest) => rmSync(join(newest, 'integrity.json')))
    await refused(
      { args, resume_from_checkpoint: join(folder, 'checkpoint-6') },
      { code: 'resume-not-found', exit: EXIT.notFound, says: /has no integrity\.json/ },
    )
  })
})

describe('a run that cannot go on from there says why', () => {
  it('nothing is there', async () => {
    await refused(
      { resume_from_checkpoint: join(root, 'nowhere') },
      { code: 'resume-not-found', exit: EXIT.notFound, says: /nowhere` is not there any more/ },
    )
    const empty = await run({ args: { save_strategy: 'no' } })
    await refused(
      { resume_from_checkpoint: empty.folder },
      { code: 'resume-not-found', exit: EXIT.notFound, says: /There is no checkpoint in/ },
    )
  })

  it('what orders the rows, or the rows themselves, are others', async () => {
    const { folder } = await run({ args: EVERY })
    writeRows(join(root, 'datasets', 'others.jsonl'), ['good', 'bad', 'bad'])
    const cases: [Options, RegExp][] = [
      [{ args: { ...EVERY, per_device_train_batch_size: 4 } }, /per_device_train_batch_size 8, and this run has 4/],
      [{ args: { ...EVERY, gradient_accumulation_steps: 2 } }, /gradient_accumulation_steps 1, and this run has 2/],
      [{ args: { ...EVERY, seed: 7 } }, /seed 42, and this run has 7/],
      [{ args: { ...EVERY, data_seed: 7 } }, /data_seed 42, and this run has 7/],
      [{ args: { ...EVERY, max_train_samples: 16 } }, /24 training rows, and this run has 16/],
      [{ args: { ...EVERY, shuffle_seed: 7 } }, /the training rows are not those/],
      [{ args: { ...EVERY, max_length: 4 } }, /the training rows are not those/],
      [{ args: EVERY, dataset: 'others.jsonl' }, /the dataset rows\.jsonl, and this run has others\.jsonl/],
    ]
    for (const [options, says] of cases) {
      await refused({ ...options, resume_from_checkpoint: folder }, { code: 'resume-mismatch', exit: EXIT.data, says })
    }
  })

  it('the rows have the same words and other labels by now', async () => {
    const path = join(root, 'datasets', 'relabelled.jsonl')
    writeRows(path, ['good', 'bad'])
    const { folder } = await run({ args: EVERY, dataset: 'relabelled.jsonl' })
    writeRows(path, ['bad', 'good'])
    await refused(
      { args: EVERY, dataset: 'relabelled.jsonl', resume_from_checkpoint: folder },
      { code: 'resume-mismatch', exit: EXIT.data, says: /the training rows are not those/ },
    )
  })

  it('the model of that name is another one by now', async () => {
    const folder = join(root, 'models', 'growing')
    cpSync(join(root, 'models', 'tiny'), folder, { recursive: true })
    const before = await run({ args: EVERY, model: 'growing' })
    const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8')) as object
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ ...config, max_position_embeddings: 32 }))
    const path = join(folder, 'model.safetensors')
    const tensors = await readSafetensors({ path })
    const name = 'distilbert.embeddings.position_embeddings.weight'
    tensors.set(name, { shape: [32, 16], data: tensors.get(name)?.data.slice(0, 32 * 16) ?? new Float32Array() })
    await writeSafetensors({ path, tensors })
    await refused(
      { args: EVERY, model: 'growing', resume_from_checkpoint: before.folder },
      {
        code: 'resume-mismatch',
        exit: EXIT.data,
        says: /position_embeddings\.weight` is \[64,16\], and that of the model/,
      },
    )
  })

  it('and a longer run, or another rate, is no other run', async () => {
    const { folder } = await run({ args: EVERY })
    const longer = await run({
      args: { ...EVERY, num_train_epochs: 3, learning_rate: 1e-4 },
      resume_from_checkpoint: folder,
    })
    expect(longer.of('done')).toMatchObject([{ step: 9 }])
    expect(longer.of('plan')).toMatchObject([{ total_steps: 9 }])
  })
})

beforeEach(() => vi.spyOn(process.stderr, 'write').mockReturnValue(true))
afterEach(() => vi.restoreAllMocks())

async function refused(options: Options, { code, exit, says }: { code: string; exit: { code: number }; says: RegExp }) {
  const { events, ...made } = await run(options)
  expect(made.code).toBe(exit.code)
  const last: RunEvent | undefined = events.at(-1)
  expect(last).toMatchObject({ type: 'failed', code, step: 0 })
  expect(last?.type === 'failed' && last.message).toMatch(says)
}
