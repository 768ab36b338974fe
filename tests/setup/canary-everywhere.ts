import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { filesThatHold } from './canary-search.ts'

let folder: string

/**
 * Before the first test: every process of the suite gets the canary as its Hub token, and a folder of the suite's own for
 * temporary files.
 */
export function setup(): void {
  folder = mkdtempSync(join(tmpdir(), 'finetune-tests-'))
  process.env.TMPDIR = folder
  process.env.HF_TOKEN = `hf_SuiteCanary${randomBytes(12).toString('hex')}`
}

/** After the last: the canary is in nothing that was left behind, where no test looked. */
export function teardown(): void {
  const found = filesThatHold(process.env.HF_TOKEN ?? '', folder)
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  if (found.length === 0) return
  // An error alone would be printed, and the suite would pass.
  process.exitCode = 1
  throw new Error(`A secret was written down and left behind:\n${found.join('\n')}`)
}
