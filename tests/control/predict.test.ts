import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { predict } from '../../src/control/predict/predict.ts'
import { launchRun } from '../../src/control/run/launch.ts'
import { hasEnded } from '../../src/run/state.ts'
import { UserError } from '../../src/user-error.ts'
import { HASTY, openRoom, type Room } from './room.ts'
import { writeTinyModel } from './tiny-model.ts'

let room: Room
beforeEach(() => {
  room = openRoom({ timing: { ...HASTY, keepSide: 400 } })
})
afterEach(() => room.clear())

async function trained({ model = true } = {}): Promise<number> {
  const { id } = room.draft()
  await launchRun(room.context, { id, actor: 'alice' })
  const { folder } = await room.until(id, ({ state }) => hasEnded(state))
  if (model) writeTinyModel(join(String(folder), 'model'))
  return id
}
/** Process ids of the models that are loaded. */
const loaded = () =>
  execFileSync('ps', ['-eo', 'ppid=,pid=,args='], { encoding: 'utf8' })
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([parent, , ...args]) => parent === String(process.pid) && args.join(' ').includes('predict-process'))
    .map(([, pid]) => pid)

test('a finished run answers about texts, in a process of its own that is kept for a while', async () => {
  const id = await trained()
  let late = 0
  let last = performance.now()
  const clock = setInterval(() => {
    late = Math.max(late, performance.now() - last - 10)
    last = performance.now()
  }, 10)
  const answers = await predict(room.context, { id, texts: ['see you at lunch', 'get it FREE now 🤗', ''] })
  clearInterval(clock)
  expect(answers.map(({ label }) => label)).toEqual(['ham', 'spam', 'ham'])
  expect(answers[1]).toMatchObject({
    text: 'get it FREE now 🤗',
    score: expect.closeTo(1 / (1 + Math.exp(-3)), 5) as number,
  })
  expect(answers[1]?.all.map(({ label }) => label)).toEqual(['spam', 'ham'])
  // Loading the model takes about a second: here it would have held up everything.
  expect(late).toBeLessThan(500)
  expect(loaded()).toHaveLength(1)
  const both = await Promise.all(['lunch', 'free'].map((text) => predict(room.context, { id, texts: [text] })))
  expect(both.map(([answer]) => answer?.label)).toEqual(['ham', 'spam'])
  expect(loaded()).toHaveLength(1)
  await sleep(600)
  while (loaded().length > 0) await sleep(50)
})

test('another run takes its place, a broken process is started again, abort ends it', async () => {
  const [first, second] = [await trained(), await trained()]
  const label = async (id: number, text: string) => (await predict(room.context, { id, texts: [text] }))[0]?.label
  expect(await label(first, 'lunch')).toBe('ham')
  const [model] = loaded()
  process.kill(Number(model), 'SIGKILL')
  await expect(label(first, 'lunch')).rejects.toThrow(/the side process ended|EPIPE|closed/)
  // Far more than a model reads: it is cut.
  expect(await label(second, 'free '.repeat(1_000_000))).toBe('spam')
  expect(loaded()).toHaveLength(1)
  await room.leave()
  expect(loaded()).toEqual([])
})

test('a run without a model: a sentence that says what to do', async () => {
  const { id } = room.draft()
  await expect(predict(room.context, { id, texts: ['x'] })).rejects.toThrow(`Run #${id} is draft and has no model.`)
  const empty = await trained({ model: false })
  await expect(predict(room.context, { id: empty, texts: ['x'] })).rejects.toThrow(UserError)
})
