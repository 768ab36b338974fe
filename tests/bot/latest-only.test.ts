import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { editGap } from '../../src/bot/kept-message.ts'
import { latestOnly } from '../../src/bot/latest-only.ts'

function recorder({ gap = 50, ms = 5, fail = (): boolean => false } = {}) {
  const written: { value: number; at: number }[] = []
  const abort = new AbortController()
  let tries = 0
  let busy = false
  const writer = latestOnly<number>({
    write: async (value) => {
      if (busy) throw new Error('Expected one write at a time.')
      busy = true
      await sleep(ms)
      busy = false
      tries += 1
      if (fail()) throw new Error('refused')
      written.push({ value, at: Date.now() })
    },
    gap: () => gap,
    same: (a, b) => a === b,
    onError: () => true,
    signal: abort.signal,
  })
  return { writer, written, abort, tries: () => tries }
}

test('60 events in 6 seconds: at most 6 writes, the last state at most a second after the last event', async () => {
  const { writer, written } = recorder({ gap: 1500, ms: 80 })
  for (let step = 1; step <= 60; step += 1) {
    writer.push(step)
    await sleep(100)
  }
  const lastEvent = Date.now()
  while (written.at(-1)?.value !== 60) await sleep(20)
  expect(written.length).toBeLessThanOrEqual(6)
  expect((written.at(-1)?.at ?? Infinity) - lastEvent).toBeLessThan(1000)
})

test('what was overtaken is never written, and what is equal is not written twice', async () => {
  const { writer, written } = recorder()
  for (const value of [1, 2, 3]) writer.push(value)
  await writer.flush()
  writer.push(3)
  await writer.flush()
  expect(written.map(({ value }) => value)).toEqual([3])
})

test('a write that fails is tried again, with what is newest by then', async () => {
  let left = 2
  const { writer, written, tries } = recorder({ gap: 10, fail: () => left-- > 0 })
  writer.push(1)
  await sleep(8)
  writer.push(2)
  await sleep(150)
  expect(tries()).toBe(3)
  expect(written.map(({ value }) => value)).toEqual([2])
})

test('an urgent state does not wait for the whole gap', async () => {
  const { writer, written } = recorder({ gap: 60_000 })
  writer.push(1)
  await writer.flush()
  writer.push(2)
  writer.push(3, { urgent: true })
  await sleep(1500)
  expect(written.map(({ value }) => value)).toEqual([1, 3])
})

test('flushing writes what waits at once; so does the end of the process', async () => {
  const { writer, written, abort } = recorder({ gap: 60_000 })
  writer.push(1)
  await writer.flush()
  writer.push(2)
  await writer.flush()
  writer.push(3)
  abort.abort()
  await writer.flush()
  expect(written.map(({ value }) => value)).toEqual([1, 2, 3])
})

test('a message that is older than an hour is edited less often, and ever less', () => {
  const hour = 3_600_000
  expect(editGap({ age: 0, interval: 1500 })).toBe(1500)
  expect(editGap({ age: hour - 1, interval: 1500 })).toBe(1500)
  expect(editGap({ age: hour, interval: 1500 })).toBe(10_000)
  expect(editGap({ age: 2 * hour, interval: 1500 })).toBe(20_000)
  expect(editGap({ age: 100 * hour, interval: 1500 })).toBe(30_000)
  expect(editGap({ age: hour, interval: 50_000 })).toBe(50_000)
})
