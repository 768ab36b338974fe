import { execFile } from 'node:child_process'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import {
  addonFolder,
  type Missing,
  openTensorFlow,
  type TensorFlow,
} from '../../../../src/engine/executors/tensorflow/addon.ts'

/** Outside of the checkout: it is 1.5 GB, and the same for every one. */
const CACHE = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'finetune')
/** It takes half a minute; a machine without those registries finds that out late. */
const PATIENCE_MS = 300_000
const BRING = fileURLToPath(new URL('../../../../src/engine/executors/tensorflow/bring.sh', import.meta.url))

/** The addon with TensorFlow for the CPU, brought where CI runs; or why it is not tried, which is printed too. */
export async function addonForTests(): Promise<TensorFlow | Missing> {
  const folder = addonFolder(CACHE)
  if (process.env.CI) {
    await promisify(execFile)('sh', [BRING, folder], { timeout: PATIENCE_MS }).catch((error: unknown) => {
      process.stderr.write(`${(error as Error).message}\n`)
    })
  }
  const opened = openTensorFlow({ folder })
  if ('what' in opened) {
    process.stderr.write(`TensorFlow's addon is not tried: ${opened.what}. This brings it:\n  ${opened.remedy}\n`)
  }
  return opened
}
