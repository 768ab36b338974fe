import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { EXIT } from '../../src/engine/exit-codes.ts'
import { RunEvent } from '../../src/run/events.ts'
import { RUN_FOLDER } from '../../src/run/run-file.ts'

const text = readFileSync(new URL('../../docs/run-folder.md', import.meta.url), 'utf8')
/** The cells of each row of a table, without padding. */
const rows = text.split('\n').map((line) => line.split('|').map((cell) => cell.trim()))

test('docs/run-folder.md lists every exit code of the engine, in its words', () => {
  for (const { code, means } of Object.values(EXIT)) {
    expect(rows.find(([, cell]) => cell === String(code))?.[2]).toBe(means)
  }
})

test('docs/run-folder.md lists every event and every file', () => {
  const types = RunEvent.options.map(({ shape }) => shape.type.value)
  for (const name of [...types, ...Object.values(RUN_FOLDER).filter((each) => typeof each === 'string')]) {
    expect(
      rows.some(([, cell = '']) => cell.replace('/', '').includes(`\`${name}\``)),
      name,
    ).toBe(true)
  }
})
