import { expect, test } from 'vitest'
import { CATALOGUE } from '../../src/diagnosis/catalogue/all.ts'
import { explain } from '../../src/diagnosis/explain.ts'
import { requiredLiterals } from '../../src/diagnosis/match/literals.ts'
import { readTexts } from './texts.ts'

const texts = readTexts()

test.each(texts.map((written, index) => ({ ...written, name: `${written.file} ${index}` })))(
  '$name is $slug',
  ({ slug, text }) => {
    expect(explain({ text })?.cause ?? null).toBe(slug)
  },
)

test('codes are unique, and titles are short and hold no fix', () => {
  const codes = CATALOGUE.map((cause) => cause.code)
  expect(new Set(codes).size).toBe(codes.length)
  for (const { code, title } of CATALOGUE) {
    expect(code).toMatch(/^FT-[A-Z0-9]+(?:-[A-Z0-9]+)*$/)
    expect(title.length, code).toBeLessThanOrEqual(80)
  }
})

test('every pattern holds a fixed text that one pass over the log can look for', () => {
  for (const cause of CATALOGUE) {
    for (const pattern of [...cause.matches, ...cause.hints]) {
      expect(() => requiredLiterals(pattern), `${cause.code} ${String(pattern)}`).not.toThrow()
    }
  }
})
