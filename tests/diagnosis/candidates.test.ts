import { expect, test } from 'vitest'
import { type Cause, cause } from '../../src/diagnosis/cause.ts'
import { MAX_LINE } from '../../src/diagnosis/extract/line.ts'
import { findCandidates, indexCatalogue } from '../../src/diagnosis/match/candidates.ts'

/** A cause that is asked of each place, and what it was asked of. */
function asked({ believes = false }: { believes?: boolean } = {}) {
  const at: number[] = []
  const when: Cause['when'] = (found) => {
    at.push(found.at)
    return believes
  }
  const said = { title: '', explains: () => '', fixes: () => [] }
  const entry = cause({ ...said, code: 'FT-X', slug: 'x', matches: [/quantum flux/], when })
  const find = (text: string) => findCandidates({ text, index: indexCatalogue([entry]) })
  return { at, find }
}

test('the first place of a cause is the one that is told', () => {
  const { at, find } = asked({ believes: true })
  const found = find('fine\nError: quantum flux in one\nError: quantum flux in two\n')
  expect(found.map(({ found: { at, line } }) => [at, line.text])).toEqual([[1, 'Error: quantum flux in one']])
  expect(at, 'what is known is not asked again').toEqual([1])
})

test('of thousands of lines that differ in their numbers alone, 2000 are looked at one by one, and then one', () => {
  const { at, find } = asked()
  const rows = Array.from({ length: 5_000 }, (_, i) => `Error: quantum flux at step ${i}`)
  find([...rows, 'Error: quantum flux in the end'].join('\n'))
  expect(at.length).toBe(2_000 + 1 + 1)
  expect(at.slice(0, 3)).toEqual([0, 1, 2])
  expect(at.slice(-2)).toEqual([2_000, 5_000])
})

test('of one line without an end 40 windows are looked at', () => {
  const { at, find } = asked()
  find(`Error: ${`quantum flux ${'x'.repeat(MAX_LINE)} `.repeat(100)}`)
  expect(at.length).toBe(40)
})
