import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readFullLog } from '../../src/control/errors/full-log.ts'
import { localHost } from '../../src/hosts/local.ts'

const folder = mkdtempSync(join(tmpdir(), 'finetune-log-'))
afterAll(() => rm(folder, { recursive: true }))
const host = localHost({ engine: { command: 'true', args: [] } })
const TOKEN = `hf_${'Canary'.repeat(5)}`
const MIB = 2 ** 20

async function read(log: string, bytes: number): Promise<string> {
  writeFileSync(join(folder, 'engine.log'), log)
  const file = await readFullLog({ host }, { folder }, { bytes })
  expect(file.length).toBeLessThanOrEqual(bytes)
  return file.toString('utf8')
}

test('a log that fits comes whole, without its secrets', async () => {
  expect(await read(`Начало\ntoken ${TOKEN}\nend`, MIB)).toBe('Начало\ntoken [hf token]\nend')
  expect(await readFullLog({ host }, { folder: null }, { bytes: MIB })).toHaveLength(0)
  expect(await readFullLog({ host }, { folder: join(folder, 'none') }, { bytes: MIB })).toHaveLength(0)
})

test('of a longer one the beginning and the end come, cut between lines, and no half of a secret', async () => {
  const lines = Array.from({ length: 60_000 }, (_, n) => `${n} as ${TOKEN} µ`)
  const said = (await read(`${lines.join('\n')}\n`, MIB)).split('\n')
  expect(said[0]).toBe('0 as [hf token] µ')
  expect(said.at(-2)).toBe('59999 as [hf token] µ')
  const cut = said.findIndex((line) => line.startsWith('[… the middle of this log is left out'))
  expect(cut).toBeGreaterThan(1000)
  expect(said.length - cut).toBeGreaterThan(2.5 * cut)
  expect(said.filter((line) => line !== '' && !/^\d+ as \[hf token\] µ$|^\[…/.test(line))).toEqual([])
})

test('a private key is taken out wherever the log is cut', async () => {
  const key = `-----BEGIN RSA PRIVATE KEY-----\n${'Canary0123456789\n'.repeat(90)}-----END RSA PRIVATE KEY-----\n`
  const filler = (bytes: number) => `${'x'.repeat(99)}\n`.repeat(bytes / 100)
  // The cut before the end, a quarter of 0.97 MiB from it, falls into a key at each of these places.
  const length = 3_000_000
  const tail = Math.floor(MIB * 0.97) - Math.floor(MIB * 0.97 * 0.25)
  for (const into of [200, 700, 1400]) {
    const behind = tail - (key.length - into)
    const end = filler(Math.floor(behind / 100) * 100)
    const said = await read(`${filler(length)}${key}${end}`, MIB)
    expect(said.includes('Canary')).toBe(false)
    // It began before the cut, or is whole.
    expect(said.includes('[private key]')).toBe(false)
  }
  // And where it lies between two slices of a log that comes whole.
  const whole = await read(`${filler(262_100)}${key}${filler(1000)}`, MIB)
  expect(whole.includes('Canary')).toBe(false)
  expect(whole.includes('[private key]')).toBe(true)
})
