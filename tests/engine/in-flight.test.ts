import { setImmediate } from 'node:timers/promises'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { join } from 'node:path'
import type { Compiled } from '../../src/engine/executors/executor.ts'
import { inFlight } from '../../src/engine/in-flight.ts'
import { train } from '../../src/engine/train.ts'
import type { Arguments } from '../../src/run/arguments.ts'
import { changed } from './changed-executor.ts'
import { testFolder } from './folder.ts'
import { readEvents, writeRows, writeRun, writeTinyModel } from './run-folder.ts'

/** A promise that somebody else settles. */
function later() {
  let land: () => void = () => undefined
  let crash: (error: Error) => void = () => undefined
  const flight = new Promise<void>((resolve, reject) => ([land, crash] = [resolve, reject]))
  return { flight, land, crash }
}

describe('updates in flight', () => {
  it('are as many as were allowed, and one more waits for the oldest', async () => {
    const [a, b, c] = [later(), later(), later()]
    const updates = inFlight({ most: 3 })
    await updates.add(a.flight)
    await updates.add(b.flight)
    let isRoom = false
    const room = updates.add(c.flight).then(() => (isRoom = true))
    b.land()
    await setImmediate()
    expect(isRoom).toBe(false)
    a.land()
    await room
    c.land()
    await updates.settled()
  })

  it('with room for one are awaited one by one', async () => {
    const a = later()
    const updates = inFlight({ most: 1 })
    let isDone = false
    const done = updates.add(a.flight).then(() => (isDone = true))
    await setImmediate()
    expect(isDone).toBe(false)
    a.land()
    await done
  })

  it('tell of the first failure where somebody waits, and of none elsewhere', async () => {
    const [a, b] = [later(), later()]
    const updates = inFlight({ most: 8 })
    await updates.add(a.flight)
    await updates.add(b.flight)
    a.crash(new Error('first'))
    b.crash(new Error('second'))
    // Nobody waits yet: an unhandled rejection would end the process, and with it this test.
    await setImmediate()
    await expect(updates.settled()).rejects.toThrow('first')
  })
})

const root = testFolder()
beforeAll(async () => {
  writeRun({ root, name: 'first' })
  await writeTinyModel(join(root, 'models', 'tiny'))
  writeRows(join(root, 'datasets', 'rows.jsonl'))
})

/** A run on an executor that says how far it may be run ahead of; gives its events and the most calls at once. */
async function runAhead({
  name,
  ahead,
  args = {},
  spoil = null,
}: {
  name: string
  ahead?: number
  args?: Partial<Arguments>
  spoil?: number | null
}) {
  let [now, most, runs] = [0, 0, 0]
  const watched = (compiled: Compiled): Compiled => {
    return async (run) => {
      most = Math.max(most, ++now)
      const isSpoiled = ++runs === spoil
      const made = await compiled(run)
      now--
      return isSpoiled ? { ...made, loss: Float32Array.of(NaN) } : made
    }
  }
  const folder = writeRun({ root, name, args: { num_train_epochs: 4, ...args } })
  const choose = changed(watched, ahead === undefined ? {} : { ahead })
  const code = await train({ folder, env: {}, choose })
  return { code, events: readEvents(folder), most: () => most, runs: () => runs }
}

const rowsOf = ({ events }: Awaited<ReturnType<typeof runAhead>>) =>
  events.flatMap((event) => {
    if (event.type === 'log') return [[event.step, event.loss, event.grad_norm, event.learning_rate]]
    if (event.type === 'eval') return [[event.step, event.eval_loss]]
    if (event.type === 'checkpoint') return [[event.step, event.folder]]
    return event.type === 'done' ? [[event.step, event.train_loss]] : []
  })

describe('a loop that runs ahead of its executor', () => {
  it.each<[string, Partial<Arguments>]>([
    ['log rows far apart', { logging_steps: 7 }],
    [
      'evaluations and checkpoints',
      { logging_steps: 2, eval_strategy: 'epoch', save_strategy: 'steps', save_steps: 5, dropout: 0.3 },
    ],
    ['gradient accumulation', { logging_steps: 3, per_device_train_batch_size: 4, gradient_accumulation_steps: 2 }],
  ])('tells the same as one that waits: %s', async (name, args) => {
    const waits = await runAhead({ name: `${name} waits`, args })
    const ahead = await runAhead({ name: `${name} ahead`, args, ahead: 8 })
    expect(rowsOf(ahead)).toEqual(rowsOf(waits))
    expect(ahead.code).toBe(0)
    expect(ahead.most()).toBeGreaterThan(1)
    expect(waits.most()).toBe(args.gradient_accumulation_steps ?? 1)
  })

  it('has never more on the way than the executor takes', async () => {
    const { most } = await runAhead({ name: 'three', ahead: 3, args: { logging_strategy: 'no' } })
    expect(most()).toBe(3)
  })

  it('names the step whose loss was no number, and logs nothing after it', async () => {
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    const { events, code, runs } = await runAhead({ name: 'spoiled', ahead: 4, spoil: 3, args: { logging_steps: 5 } })
    vi.restoreAllMocks()
    expect(code).toBe(65)
    expect(events.at(-1)).toMatchObject({ type: 'failed', code: 'loss-not-finite' })
    expect(events.at(-1)).toHaveProperty('message', expect.stringMatching(/^At step 3 /))
    expect(events.some(({ type }) => type === 'log')).toBe(false)
    expect(runs()).toBeLessThanOrEqual(3 + 4)
  })
})
