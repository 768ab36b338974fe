import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { inspect, sample } from '../../src/control/draft/inspect.ts'
import { DEFAULTS } from '../../src/run/arguments.ts'
import { hubRoom } from '../hub/room.ts'
import { openRoom, type Room } from './room.ts'

let room: Room
beforeEach(() => {
  room = openRoom()
  mkdirSync(room.context.config.datasetsFolder, { recursive: true })
})
afterEach(() => room.clear())

const signal = new AbortController().signal
const put = (name: string, content: string) => writeFileSync(join(room.context.config.datasetsFolder, name), content)

test('a dataset is looked into while the bot goes on', async () => {
  put(
    'big.csv',
    `text,label\n${Array.from({ length: 60_000 }, (_, i) => `"row ${i}, and more",${i % 2}`).join('\n')}\n`,
  )
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const found = await inspect(room.context, { dataset: 'big.csv', args: DEFAULTS, guild_id: '1', signal })
  delay.disable()
  expect(found).toMatchObject({ labels: ['0', '1'], text_column: 'text', label_column: 'label', split: 'made' })
  expect(found.train_rows + found.eval_rows).toBe(60_000)
  expect(delay.max / 1e6, 'milliseconds that the event loop stood still').toBeLessThan(1_000)
})

test('what cannot be used is said in the words of the engine', async () => {
  put('one.csv', 'text,label\na,1\nb,1\n')
  await expect(
    inspect(room.context, { dataset: 'one.csv', args: DEFAULTS, guild_id: '1', signal }),
  ).rejects.toMatchObject({
    name: 'UserError',
    message: expect.stringMatching(/label/) as string,
  })
})

test('a question that is taken back holds up no other', async () => {
  put('big.csv', `text,label\n${'some words here,0\nsome other words,1\n'.repeat(100_000)}`)
  put('small.csv', `text,label\n${'a b,0\nc d,1\n'.repeat(20)}`)
  const asking = new AbortController()
  const big = inspect(room.context, { dataset: 'big.csv', args: DEFAULTS, guild_id: '1', signal: asking.signal })
  const small = inspect(room.context, { dataset: 'small.csv', args: DEFAULTS, guild_id: '1', signal })
  setTimeout(() => asking.abort(), 300)
  await expect(big).rejects.toThrow()
  expect((await small).labels).toEqual(['0', '1'])
})

test('of a dataset of the Hub that is too large to be brought for a draft, the Hub is asked', async () => {
  const { hub, cacheFolder } = await hubRoom({ reviews: 40 })
  const config = { ...room.context.config, hub: { HF_ENDPOINT: hub.url, HF_HUB_CACHE: cacheFolder } }
  const context = { ...room.context, config }
  const asked = { dataset: 'imdb', args: DEFAULTS, guild_id: '1', signal }
  expect(await inspect(context, asked, 0)).toMatchObject({
    text_column: 'text',
    label_column: 'label',
    labels: ['neg', 'pos'],
    label_counts: [],
    train_rows: 40,
    eval_rows: 40,
    split: 'given',
    lengths: null,
  })
  const rows = await sample(context, asked, 3, 0)
  expect(rows.map(({ labels }) => labels)).toEqual([['neg'], ['neg'], ['neg']])
  expect(rows[0]?.text).toMatch(/^\w+( \w+)+/)
  expect(hub.seen.some(({ storage }) => storage)).toBe(false)

  // One that is small is read, and its rows are those that a run takes first.
  expect(await inspect(context, asked)).toMatchObject({ label_counts: [20, 20] })
  expect(await sample(context, asked, 3)).toHaveLength(3)
  expect(hub.seen.some(({ storage }) => storage)).toBe(true)
})
