import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { datasets_folder } from './dataset.ts'

const READER = fileURLToPath(new URL('./read-rows.mjs', import.meta.url))
const MEBIBYTE = 2 ** 20
const ROWS_A_BLOCK = 200

// Of 48 MiB of texts a process with a heap of 32 MiB can hold only some: it must let go of what is not selected.
test('memory does not grow with the file, only with the rows that are selected', async () => {
  const file = await open(join(datasets_folder, 'large.csv'), 'w')
  await file.writeFile('text,label\n')
  const words = 'some words of a text that is as long as a short review '.repeat(9)
  const block = Array.from({ length: ROWS_A_BLOCK }, (_, i) => `"${words} ${i}",${i % 2}\n`).join('')
  const blocks = Math.ceil((48 * MEBIBYTE) / block.length)
  for (let i = 0; i < blocks; i++) await file.writeFile(block)
  await file.close()

  const { stdout } = await promisify(execFile)(process.execPath, [
    '--max-old-space-size=32',
    READER,
    datasets_folder,
    'large.csv',
  ])
  const rows = blocks * ROWS_A_BLOCK
  expect(JSON.parse(stdout)).toEqual({ rows: 2000, available: rows - Math.ceil(rows * 0.2) })
})
