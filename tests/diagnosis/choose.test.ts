import { expect, test } from 'vitest'
import { cause, type Found, type Tier } from '../../src/diagnosis/cause.ts'
import { readLine } from '../../src/diagnosis/extract/line.ts'
import { buildAutomaton } from '../../src/diagnosis/match/automaton.ts'
import type { Candidate, Strength } from '../../src/diagnosis/match/candidates.ts'
import { chooseCandidate } from '../../src/diagnosis/match/choose.ts'
import { requiredLiterals } from '../../src/diagnosis/match/literals.ts'

function candidate(
  slug: string,
  at: number,
  more: { tier?: Tier; strength?: Strength; rank?: number } = {},
): Candidate {
  const found: Found = {
    line: readLine(slug),
    at,
    match: slug,
    groups: {},
    pattern: /x/,
    above: () => [],
    below: () => [],
  }
  const entry = cause({
    code: 'FT-X',
    slug,
    title: slug,
    tier: more.tier ?? 'specific',
    matches: [],
    explains: () => '',
    fixes: () => [],
  })
  return { cause: entry, rank: more.rank ?? 0, found, strength: more.strength ?? 'error' }
}
const chosen = (...candidates: Candidate[]) => chooseCandidate(candidates)?.cause.slug

test('what came first in time is told', () => {
  expect(chosen(candidate('later', 9), candidate('earlier', 2))).toBe('earlier')
})

test('a specific cause is told before a general one, and that before a consequence, whatever came first', () => {
  const general = candidate('general', 1, { tier: 'general' })
  const consequence = candidate('consequence', 0, { tier: 'consequence' })
  expect(chosen(consequence, general, candidate('specific', 9))).toBe('specific')
  expect(chosen(consequence, general)).toBe('general')
})

test('an error is told before a warning, and that before a quoted source line', () => {
  const source = candidate('source', 0, { strength: 'source' })
  const hint = candidate('hint', 1, { strength: 'hint' })
  expect(chosen(source, hint, candidate('error', 9, { tier: 'consequence' }))).toBe('error')
  expect(chosen(source, hint)).toBe('hint')
})

test('on the same line the earlier entry of the catalogue is told', () => {
  expect(chosen(candidate('b', 3, { rank: 5 }), candidate('a', 3, { rank: 1 }))).toBe('a')
  expect(chooseCandidate([])).toBeNull()
})

test('the fixed texts of a pattern are those of which one must stand in what it matches', () => {
  expect(requiredLiterals(/CUDA out of memory/i)).toEqual(['cuda out of memory'])
  expect(requiredLiterals(/colou?r is (?:bright red|dark blue)/)).toEqual(['bright red', 'dark blue'])
  expect(requiredLiterals(/abcd|\d+ efgh/)).toEqual(['abcd', ' efgh'])
  expect(requiredLiterals(/(?!never)alway[s]?/)).toEqual(['alway'])
  expect(() => requiredLiterals(/\d+|abcd/)).toThrow(/fixed text/)
})

test('the automaton finds every word, one inside the other, in any case, across a line end', () => {
  const automaton = buildAutomaton(['she', 'he', 'hers', 'out of memory'])
  const found: [number, number][] = []
  automaton.scan('usHErs she out of\nmemory', (word, end) => found.push([word, end]))
  expect(found).toEqual([
    [0, 4],
    [1, 4],
    [2, 6],
    [0, 10],
    [1, 10],
    [3, 24],
  ])
})
