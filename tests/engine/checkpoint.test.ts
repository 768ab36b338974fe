import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../src/builtin/known.ts'
import {
  type Checkpoint,
  latestCheckpoint,
  listCheckpoints,
  pruneCheckpoints,
  readCheckpoint,
  writeCheckpoint,
} from '../../src/engine/checkpoint.ts'
import { writeManifest } from '../../src/engine/integrity.ts'
import { UserError } from '../../src/user-error.ts'
import { testFolder } from './folder.ts'

const top = testFolder()
let run_folder = top
let runs = 0
beforeEach(() => {
  run_folder = join(top, `run-${++runs}`)
  cpSync(new URL('../golden/trainer-files/config.json', import.meta.url), join(run_folder, 'config.json'))
})

const tensor = (value: number) => ({ shape: [2, 2], data: Float32Array.of(value, -value, 0.1, value * 1e-9) })
const at = (step: number): Checkpoint => ({
  weights: new Map([['classifier.weight', tensor(step)]]),
  m: new Map([['classifier.weight', tensor(0.5)]]),
  v: new Map([['classifier.weight', tensor(0.25)]]),
  state: {
    version: 2,
    step,
    epoch: step / 10,
    scheduler: { last_step: step, learning_rate: 1e-4 },
    order: { seed: 42, epoch: 0, position: step * 16 },
    owed: null,
    generator: { seed: 42 },
    losses: { sum: 0.1 + 0.2, steps: 3, total: 1 / 3 },
    last: { grad_norm: 0.5, learning_rate: 1e-4 },
    tokens: step * 2048,
    unused_factor: 0.999 ** step,
    loss_scale: { scale: 65_536, good_updates: 7, left_out: 2 },
    made_from: {
      model: 'tiny',
      dataset: 'rows.jsonl',
      labels: ['good', 'bad'],
      train_rows: 24,
      rows_sha256: 'abc',
      per_device_train_batch_size: 8,
      gradient_accumulation_steps: 1,
      seed: 42,
      data_seed: 42,
    },
    something_newer: 1.5,
  },
  rows: [
    {
      seq: 7,
      at: '2026-01-01T00:00:00.000Z',
      type: 'log',
      step,
      epoch: 0,
      loss: 1 / 3,
      grad_norm: 0.1,
      learning_rate: 1e-4,
    },
  ],
})
const write = (step: number) =>
  writeCheckpoint({
    run_folder,
    checkpoint: at(step),
    config: '{}\n',
    trainer_state: '{}\n',
    tokenizer_folder: ENCODER_FOLDER,
  })

test('what was written is read, to the last bit', async () => {
  const folder = await write(5)
  expect(folder).toBe(join(run_folder, 'checkpoint-5'))
  expect(await readCheckpoint({ folder })).toEqual(at(5))
  expect(readdirSync(folder).sort()).toEqual([
    'config.json',
    'integrity.json',
    'log_history.jsonl',
    'model.safetensors',
    'optimizer.safetensors',
    'tokenizer.json',
    'tokenizer_config.json',
    'trainer_state.json',
    'training_state.json',
  ])
  expect(readdirSync(run_folder).sort()).toEqual(['checkpoint-5', 'config.json'])
})

test('the same step again replaces the folder', async () => {
  await write(5)
  writeFileSync(join(run_folder, 'checkpoint-5', 'model.safetensors'), 'old')
  await write(5)
  expect(await readCheckpoint({ folder: join(run_folder, 'checkpoint-5') })).toEqual(at(5))
})

const flip = (path: string) => {
  const bytes = readFileSync(path)
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1
  writeFileSync(path, bytes)
}
test.each<[string, (folder: string) => void, RegExp]>([
  [
    'torn',
    (folder) => rmSync(join(folder, 'integrity.json')),
    /has no integrity\.json, so writing it was not finished/,
  ],
  [
    'truncated',
    (folder) => truncateSync(join(folder, 'optimizer.safetensors'), 50),
    /optimizer\.safetensors has 50 bytes and was written with \d+/,
  ],
  ['bit-flipped', (folder) => flip(join(folder, 'model.safetensors')), /model\.safetensors is not what was written/],
  [
    'bit-flipped in its state',
    (folder) => flip(join(folder, 'training_state.json')),
    /training_state\.json is not what/,
  ],
  ['bit-flipped in its tokenizer', (folder) => flip(join(folder, 'tokenizer.json')), /tokenizer\.json is not what/],
  ['without a file', (folder) => rmSync(join(folder, 'trainer_state.json')), /trainer_state\.json is missing/],
  [
    'damaged in its manifest',
    (folder) => truncateSync(join(folder, 'integrity.json'), 20),
    /integrity\.json is damaged/,
  ],
  [
    'emptied in its manifest',
    (folder) => writeFileSync(join(folder, 'integrity.json'), '{"version":1,"files":{}}'),
    /does not list model\.safetensors/,
  ],
])('a checkpoint that is %s is refused with the reason, and the one before is used', async (_what, harm, reason) => {
  await write(5)
  const newest = await write(10)
  harm(newest)
  const reading = readCheckpoint({ folder: newest })
  await expect(reading).rejects.toThrow(UserError)
  await expect(reading).rejects.toThrow(reason)
  const { checkpoint, refused } = await latestCheckpoint({ run_folder })
  expect(checkpoint?.state.step).toBe(5)
  expect(refused).toHaveLength(1)
  expect(refused[0]?.reason).toMatch(reason)
})

test('a manifest vouches for no file outside of its folder', async () => {
  const folder = await write(5)
  writeFileSync(join(run_folder, 'outside.txt'), '')
  const manifest = join(folder, 'integrity.json')
  const { files, ...rest } = JSON.parse(readFileSync(manifest, 'utf8')) as { files: object }
  const sha256 = createHash('sha256').digest('hex')
  writeFileSync(manifest, JSON.stringify({ ...rest, files: { ...files, '../outside.txt': { bytes: 0, sha256 } } }))
  await expect(readCheckpoint({ folder })).rejects.toThrow(/outside\.txt is missing/)
})

test('a checkpoint of another version of this program is refused as such', async () => {
  const folder = await write(5)
  const path = join(folder, 'training_state.json')
  writeFileSync(path, readFileSync(path, 'utf8').replace('"version": 2', '"version": 1'))
  rmSync(join(folder, 'integrity.json'))
  await writeManifest(folder)
  await expect(readCheckpoint({ folder })).rejects.toThrow(/training_state\.json is of another version of this program/)
})

test('what a killed engine left unfinished is no checkpoint', async () => {
  await write(9)
  cpSync(join(run_folder, 'checkpoint-9'), join(run_folder, 'checkpoint-12.1234.unfinished'), { recursive: true })
  expect((await listCheckpoints({ run_folder })).map(({ step }) => step)).toEqual([9])
})

test('when writing fails, nothing is left and the error is told', async () => {
  const broken = { ...at(3), weights: new Map([['w', { shape: [2], data: null as unknown as Float32Array }]]) }
  await expect(
    writeCheckpoint({
      run_folder,
      checkpoint: broken,
      config: '',
      trainer_state: '',
      tokenizer_folder: ENCODER_FOLDER,
    }),
  ).rejects.toThrow()
  expect(readdirSync(run_folder)).toEqual(['config.json'])
})

test('steps are ordered as numbers, and no checkpoint is an answer', async () => {
  expect(await latestCheckpoint({ run_folder })).toEqual({ checkpoint: null, refused: [] })
  for (const step of [100, 20, 3]) await write(step)
  expect((await listCheckpoints({ run_folder })).map(({ step }) => step)).toEqual([3, 20, 100])
})

test.each([
  { save_total_limit: null, best_step: null, left: [1, 2, 3, 4] },
  { save_total_limit: 2, best_step: null, left: [3, 4] },
  { save_total_limit: 2, best_step: 1, left: [1, 4] },
  { save_total_limit: 1, best_step: 2, left: [2, 4] },
  { save_total_limit: 1, best_step: 4, left: [4] },
  { save_total_limit: 9, best_step: 1, left: [1, 2, 3, 4] },
])('limit $save_total_limit with best $best_step leaves $left', async ({ save_total_limit, best_step, left }) => {
  for (const step of [1, 2, 3, 4]) await write(step)
  const gone = await pruneCheckpoints({ run_folder, save_total_limit, best_step })
  expect((await listCheckpoints({ run_folder })).map(({ step }) => step)).toEqual(left)
  expect(gone.some((folder) => existsSync(folder))).toBe(false)
  expect(gone).toHaveLength(4 - left.length)
})
