import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { afterAll, expect } from 'vitest'
import { canary, filesThatHold } from './canary-search.ts'

/**
 * The canary is looked for in every folder that a test throws away, right before it is gone: run folders, logs,
 * databases, caches. What is left behind is looked through at the end of the suite (canary-everywhere.ts).
 */
const found: string[] = []
const { rmSync } = fs
const { rm } = fs.promises

fs.rmSync = (path, options) => {
  found.push(...filesThatHold(canary(), String(path)))
  rmSync(path, options)
}
fs.promises.rm = async (path, options) => {
  found.push(...filesThatHold(canary(), String(path)))
  await rm(path, options)
}
syncBuiltinESMExports()

afterAll(() => {
  expect(found, 'a secret was written down').toEqual([])
})
