import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
import { watchForStop } from '../../src/engine/stop.ts'
import { train } from '../../src/engine/train.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRows, writeRun, writeTinyModel } from './run-folder.ts'

const root = testFolder()
beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  writeRows(join(root, 'datasets', 'rows.jsonl'))
})
const FOREVER = { max_steps: 100_000 }

function startEngine(folder: string) {
  const engine = spawn(
    process.execPath,
    [fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url)), 'train', folder],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  return { process: engine, exited: new Promise<number | null>((resolve) => engine.once('exit', resolve)) }
}

async function firstLog(folder: string): Promise<void> {
  while (!existsSync(join(folder, 'events.jsonl')) || !readEvents(folder).some(({ type }) => type === 'log'))
    await setTimeout(50)
}

async function expectSaved(folder: string, by: string | null): Promise<void> {
  const stopped = readEvents(folder).at(-1)
  if (stopped?.type !== 'stopped') throw new Error(`It ended with ${stopped?.type}`)
  expect(stopped).toMatchObject({ by, checkpoint: `checkpoint-${stopped.step}` })
  expect(existsSync(join(folder, 'model', 'onnx', 'model.onnx'))).toBe(true)
  const { state } = await readCheckpoint({ folder: join(folder, stopped.checkpoint) })
  expect(state).toMatchObject({
    step: stopped.step,
    order: { epoch: Math.floor(stopped.step / 3), position: 8 * (stopped.step % 3) },
  })
}

describe('stop and save', () => {
  it('SIGTERM: a real process ends with 0 and a whole model', async () => {
    const folder = writeRun({ root, name: 'terminated', args: FOREVER })
    const engine = startEngine(folder)
    try {
      await firstLog(folder)
      engine.process.kill('SIGTERM')
      expect(await engine.exited).toBe(0)
      await expectSaved(folder, null)
    } finally {
      engine.process.kill('SIGKILL')
    }
  })

  it('SIGTERM in an evaluation: a real process leaves it, and saves', async () => {
    const rows = Array.from({ length: 4000 }, (_, i) => ({ text: `lunch ${i}`, label: i % 2 === 0 ? 'good' : 'bad' }))
    writeFileSync(join(root, 'datasets', 'many.jsonl'), rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
    const args = {
      eval_on_start: true,
      eval_strategy: 'epoch',
      per_device_eval_batch_size: 1,
      max_train_samples: 24,
    } as const
    const folder = writeRun({ root, name: 'evaluating', dataset: 'many.jsonl', args: { ...args, test_size: 0.9 } })
    const engine = startEngine(folder)
    try {
      const events = join(folder, 'events.jsonl')
      while (!existsSync(events) || !readFileSync(events, 'utf8').includes('"evaluating"')) await setTimeout(5)
      engine.process.kill('SIGTERM')
      expect(await engine.exited).toBe(0)
      await expectSaved(folder, null)
      expect(readEvents(folder).some(({ type }) => type === 'eval')).toBe(false)
    } finally {
      engine.process.kill('SIGKILL')
    }
  })

  it('stop.json: says who asked', async () => {
    const folder = writeRun({ root, name: 'asked', args: FOREVER })
    const running = train({ folder, env: {} })
    await firstLog(folder)
    writeFileSync(join(folder, 'stop.json'), JSON.stringify({ by: '1234' }))
    expect(await running).toBe(0)
    await expectSaved(folder, '1234')
  })

  it('a stop.json of another form stops all the same', async () => {
    const folder = writeRun({ root, name: 'torn', args: FOREVER })
    const running = train({ folder, env: {} })
    await firstLog(folder)
    writeFileSync(join(folder, 'stop.json'), '{ "by": ')
    expect(await running).toBe(0)
    await expectSaved(folder, null)
  })
})

it('what watches for a stop lets go of SIGTERM when it is closed', () => {
  const before = process.listenerCount('SIGTERM')
  const stop = watchForStop({ folder: root, signal: new AbortController().signal })
  expect(process.listenerCount('SIGTERM')).toBe(before + 1)
  stop.close()
  expect(process.listenerCount('SIGTERM')).toBe(before)
})
