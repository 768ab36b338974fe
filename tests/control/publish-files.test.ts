import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { filesToPublish } from '../../src/control/publish/files.ts'
import type { RunView } from '../../src/run/view.ts'
import type { Run } from '../../storage/runs.ts'
import { done, ENDED_AT, evaluation, PLAN, runLike, viewOf } from '../cards/runs.ts'
import { writeTinyModel } from './tiny-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'publish-files-'))
afterAll(() => rmSync(folder, { recursive: true }))
writeTinyModel(join(folder, 'model'))

const completed = { state: 'completed', folder, ...ENDED_AT } as const

async function card(run: Run, view: RunView): Promise<string> {
  const files = await filesToPublish({ run, view, repository: 'ann/spam', approvals: 0 })
  return files
    .flatMap(({ path, content }) => (path === 'README.md' && typeof content === 'string' ? [content] : []))
    .join()
}

test('the receipt of a run that was resumed names the run that it went on with, and the step', async () => {
  const view = viewOf(
    PLAN,
    { type: 'resumed', step: 125, epoch: 1, folder: '/runs/41/checkpoint-125', refused: [] },
    evaluation(250, 0.95),
    done(250),
  )
  const run = runLike({ ...completed, parent_id: 41, resume_from: '/runs/41' })
  expect(await card(run, view)).toContain('Run #42, resumed from step 125 of run #41, ended on 2026-03-01.')
})

test('one that was made again from the start names none', async () => {
  const run = runLike({ ...completed, parent_id: 41 })
  expect(await card(run, viewOf(PLAN, evaluation(250, 0.95), done(250)))).toContain('Run #42, ended on 2026-03-01.')
})
