import { describe, expect, test } from 'vitest'
import type { NewEvent, RunEvent } from '../../src/run/events.ts'
import { parseEvent } from '../../src/run/read-event.ts'
import { EMPTY_VIEW, fold, foldAll, secondsLeft } from '../../src/run/view.ts'

/** Events as a file would have them: seq from 1, one second apart. */
function told(...events: NewEvent[]): RunEvent[] {
  return events.map((event, index) => ({
    ...event,
    seq: index + 1,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
  }))
}

const log = (step: number): Extract<NewEvent, { type: 'log' }> => ({
  type: 'log',
  step,
  epoch: step / 125,
  loss: 0.5,
  grad_norm: 1,
  learning_rate: 1e-4,
})
const plan: NewEvent = {
  type: 'plan',
  total_steps: 250,
  steps_per_epoch: 125,
  parameters: 6_000_000,
  unused_weights: [],
  new_weights: [],
}

describe('the view is a fold over events', () => {
  test('rows are kept in order and the step rises', () => {
    const view = told({ type: 'phase', phase: 'running' }, plan, log(25), log(50)).reduce(fold, EMPTY_VIEW)
    expect(view.phase).toBe('running')
    expect(view.logs.map((row) => row.step)).toEqual([25, 50])
    expect(view.step).toBe(50)
    expect(view.lastSeq).toBe(4)
  })

  test('an event that was seen already changes nothing', () => {
    const events = told(plan, log(25))
    const once = events.reduce(fold, EMPTY_VIEW)
    expect(events.reduce(fold, once)).toEqual(once)
  })

  test('how the step was made ready and what it takes stay', () => {
    const view = told(
      { type: 'compiled', seconds: 0.7, kernels: { cached: 55, compiled: 7 } },
      { type: 'heartbeat', step: 3, expect_next_in: 5, step_ms: 3.98 },
      { type: 'heartbeat', step: 4, expect_next_in: 5 },
    ).reduce(fold, EMPTY_VIEW)
    expect(view.compiled).toMatchObject({ seconds: 0.7, kernels: { cached: 55, compiled: 7 } })
    expect(view.stepMs).toBe(3.98)
  })

  test('the last sample of a GPU stays until the next', () => {
    const gpu = { utilization: 97, memory_bytes: 2 ** 35, temperature: 64, power_watts: null }
    const [first, later] = told(
      { type: 'heartbeat', step: 3, expect_next_in: 5, gpu },
      { type: 'heartbeat', step: 4, expect_next_in: 5 },
    )
    if (!first || !later) throw new Error('two events')
    expect(fold(EMPTY_VIEW, first).gpu).toEqual(gpu)
    expect(fold(fold(EMPTY_VIEW, first), later).gpu).toEqual(gpu)
  })

  test('a promise of another heartbeat lasts through other events, until the last words', () => {
    const [beat, row, end] = told({ type: 'heartbeat', step: 3, expect_next_in: 5 }, log(25), {
      type: 'failed',
      step: 25,
      code: null,
      message: '',
      remedy: null,
      trace: '',
    })
    if (!beat || !row || !end) throw new Error('three events')
    const waiting = fold(EMPTY_VIEW, beat)
    expect(waiting.expectedBy).toBe('2026-01-01T00:00:05.000Z')
    expect(fold(waiting, row).expectedBy).toBe('2026-01-01T00:00:05.000Z')
    expect(fold(fold(waiting, row), end).expectedBy).toBeNull()
  })

  test('many events at once are what they are one by one, and the view before stays as it was', () => {
    const events = told(plan, log(25), { type: 'phase', phase: 'saving' }, log(50), log(75))
    const before = foldAll(EMPTY_VIEW, events.slice(0, 2))
    const kept = structuredClone(before)
    const after = foldAll(before, events)
    expect(after).toEqual(events.reduce(fold, EMPTY_VIEW))
    expect(before).toEqual(kept)
    expect(after.logs).toHaveLength(3)
    expect(EMPTY_VIEW.logs).toHaveLength(0)
  })

  // One copy of the list a row would make it quadratic.
  test('a hundred thousand rows are folded in less than a second', () => {
    const events = told(...Array.from({ length: 100_000 }, (_, i) => log(i + 1)))
    const start = performance.now()
    expect(foldAll(EMPTY_VIEW, events).logs).toHaveLength(100_000)
    expect(performance.now() - start).toBeLessThan(1000)
  })
})

describe('a run that goes on from a checkpoint', () => {
  const resumed: NewEvent = { type: 'resumed', step: 50, epoch: 0.4, folder: '/runs/1/checkpoint-50', refused: [] }

  test('holds what was told before as its own, and counts its time from its own first step', () => {
    const events = told(
      plan,
      resumed,
      { ...log(25), earlier: true },
      { ...log(50), earlier: true },
      {
        type: 'heartbeat',
        step: 50,
        expect_next_in: 5,
      },
    )
    const before = foldAll(EMPTY_VIEW, events)
    expect(before).toMatchObject({ step: 50, firstStep: null })
    expect(before.logs.map(({ step }) => step)).toEqual([25, 50])
    expect(secondsLeft(before)).toBeNull()
    const rest = told(plan, plan, plan, plan, plan, log(75), log(100)).slice(5)
    expect(secondsLeft(foldAll(before, rest))).toBe(6) // 25 steps a second, 150 to go
  })

  test('forgets what an engine wrote into its folder before', () => {
    const view = foldAll(EMPTY_VIEW, told(log(25), log(75), resumed, { ...log(25), earlier: true }))
    expect(view.logs.map(({ step }) => step)).toEqual([25])
    expect(view.step).toBe(50)
  })
})

describe('the time left', () => {
  test('needs two moments', () => {
    expect(secondsLeft(told(plan, log(25)).reduce(fold, EMPTY_VIEW))).toBeNull()
  })

  test('counts from the first update that was seen', () => {
    const view = told(plan, log(25), log(50)).reduce(fold, EMPTY_VIEW)
    expect(secondsLeft(view)).toBe(8) // 25 steps a second, 200 to go
  })
})

describe('reading a line', () => {
  test('an unknown type is kept', () => {
    const line = JSON.stringify({ seq: 7, at: '2026-01-01T00:00:00.000Z', type: 'weather', sky: 'blue' })
    expect(parseEvent(line)).toMatchObject({ type: 'unknown', seq: 7, raw: { sky: 'blue' } })
  })

  test('a known type in an unknown form is kept as unknown, not guessed', () => {
    const line = JSON.stringify({ seq: 7, at: '2026-01-01T00:00:00.000Z', type: 'log', step: 'many' })
    expect(parseEvent(line)).toMatchObject({ type: 'unknown', seq: 7 })
  })

  test.each(['', '{"seq":1,', 'Traceback (most recent call last):', '{"type":"log"}'])('no event: %s', (line) => {
    expect(parseEvent(line)).toBeNull()
  })
})
