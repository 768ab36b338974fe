import { afterEach, beforeEach, expect, test } from 'vitest'
import { recordFix } from '../../storage/fixes.ts'
import { transition } from '../../storage/moves.ts'
import { createDraft } from '../../storage/runs.ts'
import { type Database, openDatabase } from '../../storage/database.ts'
import { teach } from '../../storage/taught.ts'
import { answerText } from '../../src/control/errors/answer.ts'
import { readEvidence } from '../../src/control/errors/evidence.ts'
import type { Host } from '../../src/hosts/host.ts'
import type { NewEvent } from '../../src/run/events.ts'
import { EXECUTOR, runLike, viewOf } from '../cards/runs.ts'
import { kindOfFix } from '../../src/diagnosis/fix.ts'
import { buildSpec } from '../../src/run/spec.ts'

let database: Database
beforeEach(() => {
  database = openDatabase(':memory:')
})
afterEach(() => database.close())

const spec = buildSpec({ model: 'm', dataset: 'd', args: { per_device_train_batch_size: 16 } })
const OOM = 'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB'
const run = () => createDraft(database, { spec, host: 'h', guild_id: 'g', channel_id: 'c', created_by: 'alice' }).id
const ask = (guild_id = 'g', text = OOM) =>
  answerText(database, { guild_id, text, facts: { args: spec.args }, asked_by: 'alice' })
const kinds = (guild_id?: string) =>
  ask(guild_id)
    .explanation?.fixes.filter((fix) => fix.change)
    .map(kindOfFix)

test('a fix that worked on this server comes before those that should; on another server nothing changes', () => {
  const batch = 'gradient_accumulation_steps per_device_train_batch_size'
  expect(kinds()).toEqual([batch, 'gradient_checkpointing', 'max_length'])
  const [parent, child] = [run(), run()]
  const applied = { run_id: parent, code: 'FT-OOM-TRAIN', change: '{}', diff: 'd', actor: 'alice' }
  recordFix(database, { child_id: child, fix: 'max_length', ...applied })
  expect(kinds()).toEqual([batch, 'gradient_checkpointing', 'max_length'])
  transition(database, { id: child, from: 'draft', to: 'queued', actor: 'alice' })
  transition(database, { id: child, from: 'queued', to: 'preparing', actor: 'bot' })
  transition(database, { id: child, from: 'preparing', to: 'completed', actor: 'engine' })
  expect(kinds()).toEqual(['max_length', batch, 'gradient_checkpointing'])
  expect(ask().explanation?.fixes[0]?.change).toEqual({ max_length: 256 })
  expect(kinds('another')).toEqual([batch, 'gradient_checkpointing', 'max_length'])
})

test('the catalogue comes before what was taught, and what one server taught is not another’s', () => {
  const written = { title: 't', why: 'w', remedy: 'r', taught_by: 'root' }
  teach(database, { guild_id: 'g', line: 'CUDA out of memory', ...written })
  teach(database, { guild_id: 'g', line: 'no seat left on lic01', ...written })
  expect(ask().explanation?.code).toBe('FT-OOM-TRAIN')
  expect(ask('g', 'AcmeError: no seat left on lic01').explanation?.code).toBe('HERE-2')
  const elsewhere = ask('another', 'AcmeError: no seat left on lic01')
  expect(elsewhere.explanation).toBeNull()
  expect(elsewhere.first?.message).toBe('AcmeError: no seat left on lic01')
})

test('the engine’s own advice is the first fix, and what it says is passed on without secrets', async () => {
  const failed: NewEvent = {
    type: 'failed',
    step: 3,
    code: 'io',
    message: 'A file could not be read.',
    remedy: `Mount the disk again, or log in with hf_${'x'.repeat(20)}.`,
    trace: 'Error: EIO',
  }
  const host = { tail: () => Promise.reject(new Error('The log is not asked for.')) } as unknown as Host
  const { text, facts } = await readEvidence(
    { host },
    { run: runLike(), view: viewOf(EXECUTOR, failed), exit: { exitCode: 4, signal: null } },
  )
  expect(facts).toMatchObject({ step: 3, engineCode: 'io', exitCode: 4, versions: { node: 'v20.19.0' } })
  const { explanation } = answerText(database, { guild_id: 'g', text, facts, asked_by: 'bot' })
  expect(explanation?.code).toBe('FT-IO')
  expect(explanation?.fixes[0]).toMatchObject({
    label: 'Mount the disk again, or log in with [hf token].',
    applicability: 'manual',
  })
})
