import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unpadded } from '../diagnosis/codes.ts'
import { withArguments } from './argument-table.ts'

test('docs/arguments.md lists every argument with its default', () => {
  const page = unpadded(readFileSync(join(import.meta.dirname, '../../docs/arguments.md'), 'utf8'))
  expect(page).toBe(unpadded(withArguments(page)))
})
