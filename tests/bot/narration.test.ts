import { expect, test } from 'vitest'
import { untold } from '../../src/bot/narration.ts'
import { type Answered, NEVER_SEEN } from '../../src/diagnosis/answered.ts'
import type { NewEvent } from '../../src/run/events.ts'
import { ENDED_AT, done, evaluation, PLAN, runLike, viewOf } from '../cards/runs.ts'

const warning = (code: string, message = 'The loss is not finite.'): NewEvent => ({ type: 'warning', code, message })
const view = viewOf(PLAN, evaluation(125, 0.9), warning('flat'), evaluation(250, 0.95), warning('flat'), done(250))
const starter = '100000000000000003'

const UNKNOWN: Answered = { id: 1, explanation: null, first: null, seen: NEVER_SEEN }
const keys = (lines: ReturnType<typeof untold>) => lines.map(({ key }) => key)
const tell = (over: Partial<Parameters<typeof untold>[0]>) =>
  untold({ run: runLike({ state: 'running' }), view, said: new Set(), answered: UNKNOWN, ...over })

test('what happened is told in the order it happened, each thing once', () => {
  expect(keys(tell({}))).toEqual(['eval:125', 'eval:250', 'warning:flat'])
})

test('what an earlier engine had evaluated was told then', () => {
  const resumed: NewEvent = { type: 'resumed', step: 125, epoch: 1, folder: '/runs/41/checkpoint-125', refused: [] }
  const earlier = { ...evaluation(125, 0.9), earlier: true } as NewEvent
  expect(keys(tell({ view: viewOf(PLAN, resumed, earlier, evaluation(250, 0.95)) }))).toEqual(['eval:250'])
})

test('what the run that this one goes on from had warned of is not said again in its words', () => {
  const before = viewOf(warning('flat'), warning('dataset-duplicates', '3 rows'), warning('eval-worse'))
  const now = viewOf(warning('dataset-duplicates', '3 rows'), warning('eval-worse', 'It rose again.'))
  expect(keys(tell({ view: now, warned: before.warnings }))).toEqual(['warning:eval-worse'])
})

test('what was said is not said again', () => {
  expect(keys(tell({ said: new Set(['eval:125', 'warning:flat']) }))).toEqual(['eval:250'])
  expect(tell({ said: new Set(['eval:125', 'eval:250', 'warning:flat']) })).toEqual([])
})

test.each(['completed', 'stopped', 'failed', 'cancelled'] as const)(
  '%s: the ending comes last and calls the starter',
  (state) => {
    const lines = tell({ run: runLike({ state, ...ENDED_AT }) })
    expect(lines.at(-1)).toMatchObject({ key: 'ending', ping: starter })
    expect(lines.slice(0, -1).every(({ ping }) => ping === null)).toBe(true)
  },
)

test('who ended their own run is not called', () => {
  const run = runLike({ state: 'cancelled', ending: { is: 'cancelled', by: starter } })
  expect(tell({ run }).at(-1)).toMatchObject({ key: 'ending', ping: null })
  const byRoot = runLike({ state: 'cancelled', ending: { is: 'cancelled', by: '1' } })
  expect(tell({ run: byRoot }).at(-1)).toMatchObject({ ping: starter })
})

test.each(['queued', 'preparing', 'running', 'evaluating', 'saving', 'lost'] as const)('%s: no ending', (state) => {
  expect(keys(tell({ run: runLike({ state }) }))).not.toContain('ending')
})
