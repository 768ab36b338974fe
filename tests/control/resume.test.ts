import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { launchRun } from '../../src/control/run/launch.ts'
import { resumeRun } from '../../src/control/run/resume.ts'
import { stopRun } from '../../src/control/run/stop.ts'
import { hasEnded } from '../../src/run/state.ts'
import { UserError } from '../../src/user-error.ts'
import { readView } from '../../storage/events.ts'
import { listChanges } from '../../storage/changes.ts'
import { createDraft, getRun, listRuns, type Run, setThread } from '../../storage/runs.ts'
import { openRoom, type Room } from './room.ts'

let room: Room
afterEach(() => room.clear())

/** A run that was ended at its sixth step. */
async function ended(how: 'save' | 'now' = 'save', env: Record<string, string> = {}): Promise<Run> {
  room = openRoom({ engine: 'train-resumable', env })
  const { context } = room
  const { id } = room.draft()
  await launchRun(context, { id, actor: 'alice' })
  await room.until(id, () => readView(context.database, id).checkpoints.some(({ step }) => step === 6))
  setThread(context.database, { id, thread_id: 'thread' })
  await stopRun(context, { id, actor: 'alice', how })
  return await room.until(id, ({ state }) => hasEnded(state))
}
const end = (id: number) => room.until(id, ({ state }) => hasEnded(state))
const launched = async (run: Run) => {
  const resumed = await resumeRun(room.context, { run, actor: 'bob' })
  if (resumed.is !== 'launched') throw new Error(`It is ${resumed.is}`)
  return resumed.child
}

test('a stopped run goes on in its thread, from its folder, and both records say who did it', async () => {
  const run = await ended()
  const child = await launched(run)
  expect(child).toMatchObject({ parent_id: run.id, resume_from: run.folder, thread_id: 'thread', created_by: 'bob' })
  expect(child.spec).toEqual(run.spec)
  const file = JSON.parse(readFileSync(join(String(child.folder), 'run.json'), 'utf8')) as Record<string, unknown>
  expect(file).toMatchObject({ run: child.id, resume_from_checkpoint: run.folder })
  expect(await end(child.id)).toMatchObject({ state: 'completed' })
  const { database } = room.context
  expect(listChanges(database, run.id).at(-1)).toMatchObject({ actor: 'bob', reason: `resumed in #${child.id}` })
  expect(listChanges(database, child.id)[1]).toMatchObject({ actor: 'bob', reason: `resumes #${run.id}` })
  // The whole story is in the child: what was evaluated before, and from which step it goes on.
  const view = readView(database, child.id)
  expect(view.resumed).toMatchObject({ step: 6 })
  expect(view.evaluations.map(({ step, earlier = false }) => [step, earlier])).toEqual([
    [2, true],
    [20, false],
  ])
  expect(view.firstStep?.step).toBe(7)
})

test('a run that starts from the start has nothing of the kind in its run.json', async () => {
  const run = await ended()
  expect(readFileSync(join(String(run.folder), 'run.json'), 'utf8')).not.toContain('resume_from_checkpoint')
})

test('pressed twice it starts once; finished is finished', async () => {
  const run = await ended()
  const answers = await Promise.all(['bob', 'carol'].map((actor) => resumeRun(room.context, { run, actor })))
  expect(answers.map(({ is }) => is).sort()).toEqual(['launched', 'resumed-before'])
  const [child] = listRuns(room.context.database)
  await end(child?.id ?? 0)
  expect(await resumeRun(room.context, { run, actor: 'bob' })).toMatchObject({ is: 'resumed-before' })
  expect(listRuns(room.context.database)).toHaveLength(2)
})

test('a run that was ended without saving goes on too, and one whose engine was killed', async () => {
  const cancelled = await ended('now')
  expect(cancelled.state).toBe('cancelled')
  expect(await end((await launched(cancelled)).id)).toMatchObject({ state: 'completed' })
})

test('a run that failed when it was resumed can be resumed again', async () => {
  const run = await ended('save', { FAIL_RESUMED: '1' })
  const first = await end((await launched(run)).id)
  expect(first.state).toBe('failed')
  const second = await launched(run)
  expect(second.id).toBe(first.id + 1)
  await end(second.id)
  // What failed has checkpoints of its own by now.
  const third = await launched(first)
  expect(third).toMatchObject({ parent_id: first.id, resume_from: first.folder })
  await end(third.id)
})

test('where the checkpoints are gone, nothing starts and that is said', async () => {
  const run = await ended()
  rmSync(join(String(run.folder), 'checkpoint-6'), { recursive: true })
  // An older one is left.
  rmSync(join(String(run.folder), 'checkpoint-4', 'integrity.json'))
  expect((await launched(run)).parent_id).toBe(run.id)
  await end(2)
  rmSync(String(run.folder), { recursive: true })
  const other = getRun(room.context.database, run.id)
  room.context.database.prepare("UPDATE runs SET state = 'failed' WHERE id = 2").run()
  expect(await resumeRun(room.context, { run: other, actor: 'bob' })).toEqual({ is: 'gone' })
  expect(listRuns(room.context.database)).toHaveLength(2)
})

test('what was never saved, what has finished, and what is at work cannot be resumed', async () => {
  room = openRoom({ engine: 'train-forever' })
  const { context } = room
  const { id } = room.draft()
  await launchRun(context, { id, actor: 'alice' })
  await room.until(id, ({ state }) => state === 'running')
  const why = async () => {
    const answer = await resumeRun(context, { run: getRun(context.database, id), actor: 'bob' }).catch(
      (error: unknown) => error,
    )
    if (!(answer instanceof UserError)) throw new Error('It was resumed')
    return answer.text
  }
  expect(await why()).toBe('#1 is running; there is nothing to resume.')
  await stopRun(context, { id, actor: 'alice', how: 'now' })
  await end(id)
  expect(await why()).toMatch(/^#1 has no checkpoint to go on from\. `\/finetune start like:1` makes a draft/)
  context.database.prepare("UPDATE runs SET state = 'completed'").run()
  expect(await why()).toBe('#1 has finished; there is nothing left to resume.')
})

test('a run whose numbers led to its end is not led there again', async () => {
  room = openRoom({ engine: 'train-spoiled' })
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  const run = await end(id)
  await expect(resumeRun(room.context, { run, actor: 'bob' })).rejects.toThrow(/would fail again at the same step/)
  expect(listRuns(room.context.database)).toHaveLength(1)
})

test('a bot that died between making and launching it launches it when it is asked again', async () => {
  const run = await ended()
  const { database } = room.context
  const { spec, host, guild_id, channel_id } = run
  const left = createDraft(database, {
    spec,
    host,
    guild_id,
    channel_id,
    created_by: 'bob',
    parent_id: run.id,
    resume_from: run.folder,
  })
  expect((await launched(run)).id).toBe(left.id)
  expect(await end(left.id)).toMatchObject({ state: 'completed' })
})
