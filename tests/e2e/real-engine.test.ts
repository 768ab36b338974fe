import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { getRun } from '../../storage/runs.ts'
import { draft, openWorld, TINY, type World } from '../bot/world.ts'

const FINETUNE = fileURLToPath(new URL('../../src/finetune.mjs', import.meta.url))
const engineCommand = { command: process.execPath, args: [FINETUNE, 'train'] }

let world: World
afterEach(() => world.clear())
const alice = () => world.discord.as('alice')

test('start, edit, launch, evaluation, result, try it: the engine itself, on rows of a file', async () => {
  world = await openWorld({ engineCommand })
  await draft(world, { args: 'tokens 16, evaluation_strategy epoch' })
  await alice().press('Edit')
  await alice().submit({ num_train_epochs: '2', learning_rate: '5e-4' })
  await alice().waitFor(/\*\*learning_rate\*\* `5e-04`/, { timeout: 20_000 })
  await alice().waitFor(/6 steps, evaluation at 3 and 6/, { timeout: 20_000 })
  await alice().press('Launch')
  const ended = await alice().waitFor(/✓ \*\*#1 encoder on tiny\.csv\*\* · accuracy [01]\.\d{3} \(± 0\.\d{3}\)/, {
    timeout: 60_000,
  })
  expect(ended).toContain('Evaluation at step 3')
  expect(ended).toContain('Evaluation at step 6')
  await alice().waitFor(/#1 encoder on tiny\.csv finished/, { timeout: 20_000 })
  expect(existsSync(join(String(getRun(world.context.database, 1).folder), 'model', 'onnx', 'model.onnx'))).toBe(true)

  await alice().press('Try it')
  const tried = await alice().submit({ text: 'row number 61' })
  expect(tried.text).toMatch(/\*\*(ham|spam)\*\* 0\.\d{3}/)
  expect(tried.ephemeral).toBe(false)
  expect(tried.channel).toBe(getRun(world.context.database, 1).thread_id)
  const asked = await world.discord.as('bob').command('finetune predict', { run: '1', text: 'row number 61' })
  expect(/0\.\d{3}/.exec(asked.text)?.[0]).toBe(/0\.\d{3}/.exec(tried.text)?.[0])
})

test('a dataset that goes away after it was looked at: the failure card says what is missing', async () => {
  world = await openWorld({ engineCommand })
  await draft(world)
  rmSync(join(world.context.config.datasetsFolder, TINY))
  await alice().press('Launch')
  const screen = await alice().waitFor(/✗ #1 encoder on tiny\.csv failed/, { timeout: 60_000 })
  expect(screen).toContain('There is no dataset `tiny.csv`')
  expect(screen).toContain('[Log]')
})
