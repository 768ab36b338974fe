import { expect, test } from 'vitest'
import { CATALOGUE } from '../../src/diagnosis/catalogue/all.ts'
import { DEFAULTS } from '../../src/run/arguments.ts'
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

test('every cause has a text of its own here, or is named by the engine', () => {
  const written = new Set(texts.map(({ slug }) => slug))
  const without = CATALOGUE.filter((cause) => !written.has(cause.slug) && cause.engine.length === 0)
  expect(without.map((cause) => cause.code)).toEqual([])
})

test('a fix that changes what is trained is never applied without asking', () => {
  const args = { ...DEFAULTS, per_device_train_batch_size: 16 }
  for (const { text } of texts) {
    const found = explain({ text, facts: { args, versions: { transformers: '5.18.0' } } })
    for (const fix of found?.fixes ?? []) {
      expect(fix.changes_result && fix.applicability === 'apply', `${found?.code ?? ''}: ${fix.label}`).toBe(false)
      expect(fix.applicability === 'apply' && fix.change === undefined, fix.label).toBe(false)
    }
  }
})

test('every answer says why and what to do', () => {
  for (const { text, slug } of texts.filter((written) => written.slug !== null)) {
    const found = explain({ text })
    expect(found?.why.length, slug ?? '').toBeGreaterThan(20)
    expect(found?.fixes.length, slug ?? '').toBeGreaterThan(0)
    expect(found?.evidence.length, slug ?? '').toBeGreaterThan(0)
  }
})

test('every pattern holds a fixed text that one pass over the log can look for', () => {
  for (const cause of CATALOGUE) {
    for (const pattern of [...cause.matches, ...cause.hints]) {
      expect(() => requiredLiterals(pattern), `${cause.code} ${String(pattern)}`).not.toThrow()
    }
  }
})
