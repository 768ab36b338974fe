import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest'
import { EXIT } from '../../src/engine/exit-codes.ts'
import { failureOf } from '../../src/engine/failure.ts'
import { readSafetensors, writeSafetensors } from '../../src/engine/safetensors.ts'
import { train } from '../../src/engine/train.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRows, writeRun, writeTinyModel } from './run-folder.ts'

const root = testFolder()
beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  writeRows(join(root, 'datasets', 'rows.jsonl'))
  writeRows(join(root, 'datasets', 'one-label.jsonl'), ['good'])
  const files = {
    'no-text.csv': 'id,label\n1,0\n2,1\n',
    'no-label.csv': 'text,label\na,0\nb,\n',
    'ragged.csv': 'text,label\na,0\nb,1,2\n',
    'no-rows.csv': 'text,label\n',
    'latin.csv': Buffer.from('text,label\ncaf\xe9,0\n', 'latin1'),
    'not.parquet': 'text',
    'not.jsonl': '{"text":\n',
    'sheet.xlsx': 'PK',
  }
  for (const [file, content] of Object.entries(files)) writeFileSync(join(root, 'datasets', file), content)
  for (const [name, model_type] of [
    ['no-weights', 'distilbert'],
    ['other-kind', 'llama'],
  ] as const) {
    cpSync(join(root, 'models', 'tiny'), join(root, 'models', name), { recursive: true })
    const config = join(root, 'models', name, 'config.json')
    const fields = JSON.parse(readFileSync(config, 'utf8')) as object
    writeFileSync(config, JSON.stringify({ ...fields, model_type }))
  }
  rmSync(join(root, 'models', 'no-weights', 'model.safetensors'))
})
// The trace goes to engine.log too; a test's output is not the place for it.
beforeEach(() => vi.spyOn(process.stderr, 'write').mockReturnValue(true))
afterEach(() => vi.restoreAllMocks())

async function failing(run: Omit<Parameters<typeof writeRun>[0], 'root'>) {
  const folder = writeRun({ root, ...run })
  const code = await train({ folder, env: {} })
  const failed = readEvents(folder).at(-1)
  if (failed?.type !== 'failed') throw new Error(`It ended with ${failed?.type}`)
  return { code, failed }
}

describe('a run that cannot go on ends with a sentence, a code and an exit code', () => {
  it.each([
    { name: 'no-dataset', dataset: 'nothing.jsonl', code: 'dataset-not-found', exit: EXIT.notFound },
    { name: 'no-model', model: 'nothing', code: 'model-not-found', exit: EXIT.notFound },
    { name: 'outside', dataset: '../first/run.json', code: 'path-outside', exit: EXIT.denied },
    { name: 'one-label', dataset: 'one-label.jsonl', code: 'dataset-one-label', exit: EXIT.data },
    { name: 'too-long', args: { max_length: 65 }, code: 'max-length', exit: EXIT.data },
    { name: 'no-text', dataset: 'no-text.csv', code: 'dataset-column', exit: EXIT.data },
    { name: 'no-label', dataset: 'no-label.csv', code: 'dataset-label', exit: EXIT.data },
    { name: 'ragged', dataset: 'ragged.csv', code: 'dataset-csv', exit: EXIT.data },
    { name: 'no-rows', dataset: 'no-rows.csv', code: 'dataset-empty', exit: EXIT.data },
    { name: 'latin', dataset: 'latin.csv', code: 'dataset-encoding', exit: EXIT.data },
    { name: 'not-parquet', dataset: 'not.parquet', code: 'dataset-parquet', exit: EXIT.data },
    { name: 'not-json', dataset: 'not.jsonl', code: 'dataset-json', exit: EXIT.data },
    { name: 'sheet', dataset: 'sheet.xlsx', code: 'dataset-format', exit: EXIT.data },
    { name: 'no-weights', model: 'no-weights', code: 'model-unreadable', exit: EXIT.data },
    { name: 'other-kind', model: 'other-kind', code: 'model-unsupported', exit: EXIT.data },
  ])('$name', async ({ code, exit, ...run }) => {
    const { code: exited, failed } = await failing(run)
    expect(failed).toMatchObject({ code, step: 0 })
    expect(exited).toBe(exit.code)
    expect(failed.message).toMatch(/^[A-Z`].*\S$/s)
    expect(failed.trace).toContain('at ')
  })

  it('a loss that is no number', async () => {
    const broken = join(root, 'models', 'broken')
    cpSync(join(root, 'models', 'tiny'), broken, { recursive: true })
    const path = join(broken, 'model.safetensors')
    const tensors = await readSafetensors({ path })
    tensors.get('distilbert.embeddings.LayerNorm.weight')?.data.fill(NaN)
    await writeSafetensors({ path, tensors })
    const { code, failed } = await failing({ name: 'nan', model: 'broken' })
    expect(failed).toMatchObject({ code: 'loss-not-finite', step: 0 })
    expect(failed.remedy).toContain('learning_rate')
    expect(code).toBe(EXIT.data.code)
  })

  it('no run.json, and one that says what cannot be', async () => {
    const folder = join(root, 'empty')
    mkdirSync(folder)
    expect(await train({ folder, env: {} })).toBe(EXIT.usage.code)
    expect(readEvents(folder)).toMatchObject([{ type: 'failed', code: 'run-file' }])
    writeFileSync(join(folder, 'run.json'), '{ "version": 2 }')
    expect(await train({ folder, env: {} })).toBe(EXIT.usage.code)
    expect(readEvents(folder)).toMatchObject([{ seq: 1 }, { seq: 2, type: 'failed', code: 'run-file' }])
  })

  it('no folder at all', async () => {
    expect(await train({ folder: join(root, 'nowhere'), env: {} })).toBe(EXIT.usage.code)
  })

  // /dev/full takes nothing: the first event cannot be written, nor can the failure.
  it('a full disk', async () => {
    const folder = writeRun({ root, name: 'full' })
    symlinkSync('/dev/full', join(folder, 'events.jsonl'))
    expect(await train({ folder, env: {} })).toBe(EXIT.io.code)
    rmSync(join(folder, 'events.jsonl'))
  })

  it('a full disk while a checkpoint is written is named as such', () => {
    const error = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
    expect(failureOf(error)).toMatchObject({ code: 'disk-full', exit: 'io' })
    expect(failureOf(new Error('std::bad_alloc'))).toMatchObject({ code: 'out-of-memory', exit: 'unavailable' })
    expect(failureOf(new TypeError('x is undefined'))).toMatchObject({ code: 'bug', exit: 'bug' })
    expect(failureOf('thrown by itself')).toMatchObject({ code: 'bug' })
  })
})

describe('events of an engine that died', () => {
  it('are gone on from; a line that it left torn is cut off', async () => {
    const folder = writeRun({ root, name: 'died', dataset: 'nothing.jsonl' })
    await train({ folder, env: {} })
    const whole = readEvents(folder)
    appendFileSync(join(folder, 'events.jsonl'), '{"seq":4,"at":"2026-')
    await train({ folder, env: {} })
    const events: RunEvent[] = readEvents(folder)
    expect(events.slice(0, whole.length)).toEqual(whole)
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => i + 1))
    expect(readFileSync(join(folder, 'events.jsonl'), 'utf8').match(/"type":"executor"/g)).toHaveLength(2)
  })
})
