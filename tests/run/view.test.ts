import { describe, expect, test } from 'vitest'
import { type NewEvent, parseEvent, type RunEvent } from '../../src/run/events.ts'
import { EMPTY_VIEW, fold, secondsLeft } from '../../src/run/view.ts'

/** Events as a file would have them: seq from 1, one second apart. */
function told(...events: NewEvent[]): RunEvent[] {
  return events.map((event, index) => ({
    ...event,
    seq: index + 1,
    at: new Date(Date.UTC(2026, 0, 1, 0, 0, index)).toISOString(),
  }))
}

const log = (step: number): NewEvent => ({
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

  test('a promise of another event lasts until the next one', () => {
    const [beat, row] = told({ type: 'heartbeat', step: 3, expect_next_in: 5 }, log(25))
    if (!beat || !row) throw new Error('two events')
    const waiting = fold(EMPTY_VIEW, beat)
    expect(waiting.expectedBy).toBe('2026-01-01T00:00:05.000Z')
    expect(fold(waiting, row).expectedBy).toBeNull()
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
