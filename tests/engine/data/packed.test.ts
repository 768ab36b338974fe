import { build } from 'esbuild'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { ENCODER_FOLDER } from '../../../src/builtin/known.ts'
import * as source from '../../../src/engine/data/tokenize.ts'
import type * as sourceThreads from '../../../src/engine/data/tokenize-threads.ts'
import { vectors } from '../golden.ts'
import { testFolder } from '../folder.ts'

test('an engine that is packed into a file has threads, sooner, and they give what one gives', async () => {
  const folder = testFolder()
  const data = fileURLToPath(new URL('../../../src/engine/data', import.meta.url))
  await build({
    entryPoints: ['tokenize', 'tokenize-threads', 'tokenize-worker'].map((name) => join(data, `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  })
  const packed = (await import(pathToFileURL(join(folder, 'tokenize.mjs')).href)) as typeof source
  const text = vectors.texts.join(' ').repeat(3)
  const rows = Array.from({ length: 400 }, (_, i) => ({ id: String(i), text: `${i} ${text}`, label: 0 }))
  const threads = (await import(pathToFileURL(join(folder, 'tokenize-threads.mjs')).href)) as typeof sourceThreads
  const cutting = { max_length: 24, truncation_side: 'right' } as const
  const asked = { rows, folder: ENCODER_FOLDER, max_length: cutting.max_length }
  const many = await packed.tokenize({ ...asked, threads: threads.startThreads({ folder: ENCODER_FOLDER, cutting }) })
  expect(many).toEqual(await source.tokenize({ ...asked, threads: null }))

  const long = Array.from({ length: 1000 }, (_, i) => ({ id: String(i), text: 'x'.repeat(2000), label: 0 }))
  expect(packed.needsThreads(long, 256)).toBe(true)
  expect(source.needsThreads(long, 256)).toBe(false)
})
