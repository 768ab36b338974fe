import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { followFile, type FollowFile } from '../../src/hosts/follow-file.ts'
import { appears } from './supervised.ts'

let folder: string
let path: string
let over: AbortController
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'finetune-follow-'))
  path = join(folder, 'events.jsonl')
  over = new AbortController()
})
afterEach(() => {
  over.abort()
  rmSync(folder, { recursive: true, force: true })
})

/** Collects what is followed; `ended` settles when following does. */
function collect(options: Partial<FollowFile> = {}) {
  let text = ''
  const run = async () => {
    for await (const chunk of followFile({ path, offset: 0, signal: over.signal, ...options })) {
      text += Buffer.from(chunk).toString()
    }
  }
  const ended = run()
  ended.catch(() => undefined)
  return { ended, holds: (wanted: string) => appears(() => (text === wanted ? true : null)) }
}

test('what is there and what is appended, from an offset', async () => {
  writeFileSync(path, 'old,new')
  const { holds, ended } = collect({ offset: 4 })
  await holds('new')
  appendFileSync(path, ',newer')
  await holds('new,newer')
  over.abort()
  await ended
})

test('a file, and even a folder, that is not there yet is waited for', async () => {
  path = join(folder, 'run', 'events.jsonl')
  const { holds } = collect({ pollMs: 30 })
  await sleep(50)
  mkdirSync(join(folder, 'run'))
  await sleep(50)
  writeFileSync(path, 'here')
  await holds('here')
})

test('a file that is renamed into place is seen at once', async () => {
  const { holds } = collect({ pollMs: 60_000 })
  await sleep(50)
  writeFileSync(`${path}.part`, 'ended')
  renameSync(`${path}.part`, path)
  await holds('ended')
})

test('without a word from the file system, the poll finds it', async () => {
  writeFileSync(path, 'a')
  // A link in a folder that nothing happens in: its watch stays silent.
  mkdirSync(join(folder, 'elsewhere'))
  const { linkSync } = await import('node:fs')
  linkSync(path, join(folder, 'elsewhere', 'events.jsonl'))
  const { holds } = collect({ path: join(folder, 'elsewhere', 'events.jsonl'), pollMs: 50 })
  await holds('a')
  appendFileSync(path, 'b')
  await holds('ab')
})

test('a file that was cut short is an error', async () => {
  writeFileSync(path, '0123456789')
  const { holds, ended } = collect({ pollMs: 50 })
  await holds('0123456789')
  truncateSync(path, 3)
  await expect(ended).rejects.toThrow(/to only grow, but it has 3 bytes where 10 were read/)
})

test('an offset behind the end is an error', async () => {
  writeFileSync(path, 'abc')
  await expect(collect({ offset: 4 }).ended).rejects.toThrow(/to only grow/)
})

test('abort ends it, also when it was aborted before', async () => {
  const { ended } = collect({ pollMs: 60_000 })
  await sleep(20)
  over.abort()
  await ended
  await collect().ended
})

test('a megabyte in one go', async () => {
  const text = 'x'.repeat(1_000_000)
  const { holds } = collect()
  writeFileSync(path, text)
  await holds(text)
})
