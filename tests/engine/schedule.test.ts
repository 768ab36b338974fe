import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { rateAt, type Schedule, warmupSteps } from '../../src/engine/schedule.ts'

const path = new URL('../golden/schedules/schedules.json', import.meta.url)
const { cases } = JSON.parse(readFileSync(path, 'utf8')) as {
  cases: (Schedule & { total: number; rates: number[] })[]
}

describe('the learning rate', () => {
  it.each(cases)(
    '$lr_scheduler_type over $total updates, $warmup_steps of warm-up',
    ({ total, rates, ...schedule }) => {
      rates.forEach((rate, t) => expect(rateAt(t, total, schedule)).toBeCloseTo(rate, 15))
    },
  )

  it('takes a warm-up below 1 as a share of all updates, rounded up', () => {
    expect(warmupSteps(101, { warmup_steps: 0.1 })).toBe(11)
    expect(warmupSteps(101, { warmup_steps: 1 })).toBe(1)
  })
})
