import { cpSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadClassifier } from '../../src/engine/predict.ts'
import { train } from '../../src/engine/train.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import type { RunEvent } from '../../src/run/events.ts'
import { testFolder } from './folder.ts'
import { goldenFolder } from './golden.ts'
import { readEvents, writeRun } from './run-folder.ts'

const golden = fileURLToPath(new URL('../golden/whole-run/', import.meta.url))
const wanted = JSON.parse(readFileSync(join(golden, 'run.json'), 'utf8')) as {
  args: Partial<Arguments>
  texts: string[]
  labels: string[]
  logits: number[][]
  best_step: number
  log: Record<string, number>[]
}

const root = testFolder()
let folder: string
let events: RunEvent[]
beforeAll(async () => {
  folder = writeRun({ root, model: 'base', dataset: 'rows.csv', args: wanted.args })
  cpSync(join(golden, 'model'), join(root, 'models', 'base'), { recursive: true })
  cpSync(join(goldenFolder, 'wordpiece'), join(root, 'models', 'base'), { recursive: true })
  cpSync(join(golden, 'rows.csv'), join(root, 'datasets', 'rows.csv'))
  expect(await train({ folder, env: {} })).toBe(0)
  events = readEvents(folder)
})

const close = (got: number, want: number, what: string) =>
  expect(Math.abs(got - want), `${what}: ${got} for ${want}`).toBeLessThanOrEqual(1e-5 * Math.max(1, Math.abs(want)))

// From a CSV file to the last row: split, shuffled, selected, tokenized, a new head, and everything that Trainer logs.
describe('a whole run is the one that datasets and Trainer make of the same file', () => {
  it('tells the same rows in the same order', () => {
    const rows = events.filter((event) => event.type === 'log' || event.type === 'eval')
    const expected = wanted.log.filter((row) => 'loss' in row || 'eval_loss' in row)
    expect(rows.map(({ type, step }) => [type, step])).toEqual(
      expected.map((row) => ['loss' in row ? 'log' : 'eval', row.step]),
    )
    expected.forEach((row, i) => {
      const got = rows[i] as unknown as Record<string, number>
      for (const [name, value] of Object.entries(row)) {
        if (!/runtime|per_second/.test(name)) close(Number(got[name]), value, `${name} at step ${row.step ?? 0}`)
      }
    })
  })

  it('keeps the same best model, which says the same', async () => {
    expect(events.at(-1)).toMatchObject({ type: 'done', step: 14, best_step: wanted.best_step })
    const classifier = await loadClassifier({ folder: join(folder, 'model') })
    const answers = await classifier.classify(wanted.texts)
    wanted.logits.forEach((logits, i) => {
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0)
      const scores = Object.fromEntries(answers[i]?.map(({ label, score }) => [label, score]) ?? [])
      logits.forEach((logit, label) => expect(scores[wanted.labels[label] ?? '']).toBeCloseTo(Math.exp(logit) / sum, 4))
    })
    await classifier.close()
  })

  it('writes the same trainer_state.json, times aside', () => {
    const state = JSON.parse(readFileSync(join(folder, 'model', 'trainer_state.json'), 'utf8')) as {
      log_history: Record<string, number>[]
      best_global_step: number
      total_flos: number
    }
    expect(state.best_global_step).toBe(wanted.best_step)
    expect(state.log_history.map((row) => Object.keys(row).sort())).toEqual(
      wanted.log.map((row) => Object.keys(row).sort()),
    )
    expect(state.total_flos).toBe(wanted.log.at(-1)?.total_flos)
  })
})
