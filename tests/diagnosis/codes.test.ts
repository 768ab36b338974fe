import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { unpadded, withCodes } from './codes.ts'

test('docs/errors.md lists every code of the catalogue', () => {
  const page = unpadded(readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8'))
  expect(page).toBe(unpadded(withCodes(page)))
})
