import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { CATALOGUE } from '../../src/diagnosis/catalogue/all.ts'
import { explain } from '../../src/diagnosis/explain.ts'

const ROOT = join(import.meta.dirname, '../..')
const known = new Set(CATALOGUE.flatMap(({ engine }) => engine))

/** What the sources under a folder say, by file. */
function sourcesOf(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'))
}

/** Codes that end a run, told from how they are written: those of a warning do not. */
function codesIn(source: string): string[] {
  const failures = [...source.matchAll(/RunFailure\(\{\s*code: '(?<code>[a-z-]+)'/g)]
  const refusals = [...source.matchAll(/new UserError\((?:[^;]*?),\s*'(?<code>[a-z]+(?:-[a-z]+)+)',?\s*\)/g)]
  // failure.ts tells others' errors from their words.
  const told = source.includes('export function failureOf') ? [...source.matchAll(/\bcode: '(?<code>[a-z-]+)'/g)] : []
  return [...failures, ...refusals, ...told].map(({ groups }) => groups?.['code'] ?? '')
}

test('every failure that the engine names is in the catalogue; a bug is looked for in its own words', () => {
  const codes = new Set(['src/engine', 'src/run', 'src/builtin'].flatMap(sourcesOf).flatMap(codesIn))
  expect(codes.size).toBeGreaterThan(20)
  expect([...codes].filter((code) => !known.has(code)).sort()).toEqual(['bug'])
})

test('every failure of the Hub is in the catalogue', () => {
  const source = readFileSync(join(ROOT, 'src/hub/failure.ts'), 'utf8')
  const kinds = new Set([...source.matchAll(/\{ is: '(?<kind>[a-z-]+)'/g)].map(({ groups }) => groups?.['kind'] ?? ''))
  expect(kinds.size).toBeGreaterThan(14)
  expect([...kinds].map((kind) => `hub-${kind}`).filter((code) => !known.has(code))).toEqual([])
})

/** Their fixes say what the engine's remedy says. */
const COVERED = ['out-of-memory', 'loss-not-finite', 'disk-full']

test.each(CATALOGUE.flatMap(({ engine, code }) => engine.map((own) => [own, code] as const)))(
  'the code %s is explained as %s, with something to do',
  (engineCode, code) => {
    const found = explain({
      text: 'UserError: `max_length` is 900 and the model reads at most 512 tokens.',
      facts: { engineCode, engineRemedy: 'Do this.' },
    })
    expect(found?.code).toBe(code)
    expect(found?.why.length).toBeGreaterThan(20)
    expect(found?.fixes[0]?.label === 'Do this.').toBe(!COVERED.includes(engineCode))
    expect(found?.fixes[0]?.label.length).toBeGreaterThan(5)
  },
)

test('a length that the model cannot read is mended by one that it can', () => {
  const facts = { engineCode: 'max-length', args: { max_length: 900 } }
  const text = 'UserError: `max_length` is 900 and the model reads at most 512 tokens.'
  const [fix] = explain({ text, facts })?.fixes ?? []
  expect(fix).toMatchObject({ applicability: 'maybe', change: { max_length: 512 } })
  expect(fix?.label).toContain('max_length 900 → 512')
})
