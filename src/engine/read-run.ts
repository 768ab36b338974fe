import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RUN_FOLDER, RunFile } from '../run/run-file.ts'
import { RunFailure } from './failure.ts'

/** Reads run.json of a run folder. Throws RunFailure when it is not there or says something that cannot be done. */
export async function readRunFile(folder: string): Promise<RunFile> {
  const path = join(folder, RUN_FOLDER.run)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw unusable(`\`${path}\` cannot be read: ${(error as Error).message}.`)
  })
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unusable(`\`${path}\` is not JSON: ${(error as Error).message}.`)
  }
  const run = RunFile.safeParse(value)
  if (run.success) return run.data
  throw unusable(`\`${path}\` cannot be used:\n${z.prettifyError(run.error)}`)
}

function unusable(message: string): RunFailure {
  return new RunFailure({
    code: 'run-file',
    exit: 'usage',
    message,
    remedy: 'docs/run-folder.md says what a run folder holds; the bot writes one for each launch.',
  })
}
