import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { inspectDataset } from '../../../src/engine/data/inspect.ts'
import { loadDataset } from '../../../src/engine/data/dataset.ts'
import type { Arguments } from '../../../src/run/arguments.ts'
import type { RunFile } from '../../../src/run/run-file.ts'
import { buildSpec } from '../../../src/run/spec.ts'
import { UserError } from '../../../src/user-error.ts'
import { testFolder } from '../folder.ts'

export const datasets_folder = testFolder()
export const signal = new AbortController().signal

export function put(file: string, content: string | Uint8Array): string {
  mkdirSync(dirname(join(datasets_folder, file)), { recursive: true })
  writeFileSync(join(datasets_folder, file), content)
  return file
}

export function runOf(dataset: string, args: Partial<Arguments> = {}): RunFile {
  return {
    version: 1,
    run: 1,
    launch: 'test',
    spec: buildSpec({ model: 'builtin/encoder', dataset, args }),
    models_folder: datasets_folder,
    datasets_folder,
    cache_folder: datasets_folder,
  }
}

export const load = (dataset: string, args: Partial<Arguments> = {}) =>
  loadDataset({ run: runOf(dataset, args), signal })

export const inspect = (dataset: string, args: Partial<Arguments> = {}) =>
  inspectDataset({
    dataset,
    args: runOf(dataset, args).spec.args,
    datasets_folder,
    cache_folder: datasets_folder,
    signal,
  })

/** The sentence that a person gets. Fails when there is none, or loading and inspecting do not say the same. */
export async function refusal(dataset: string, args: Partial<Arguments> = {}): Promise<string> {
  const [loaded, inspected] = await Promise.all(
    [load(dataset, args), inspect(dataset, args)].map((answer) =>
      answer.then(
        () => null,
        (error: unknown) => error,
      ),
    ),
  )
  if (!(loaded instanceof UserError)) throw new Error(`Loading ${dataset} gave no UserError`, { cause: loaded })
  if (loaded.code === null) throw new Error(`"${loaded.text}" has no code`)
  if (inspected instanceof UserError && inspected.text !== loaded.text)
    throw new Error(`Two sentences: ${inspected.text}`)
  return loaded.text
}
