import { spawn } from 'node:child_process'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { readCheckpoint } from '../../src/engine/checkpoint.ts'
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
    const engine = spawn(
      process.execPath,
      [fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url)), 'train', folder],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    )
    const exited = new Promise<number | null>((resolve) => engine.once('exit', resolve))
    try {
      await firstLog(folder)
      engine.kill('SIGTERM')
      expect(await exited).toBe(0)
      await expectSaved(folder, null)
    } finally {
      engine.kill('SIGKILL')
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
