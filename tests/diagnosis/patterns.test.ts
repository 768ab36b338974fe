import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { analyse } from 'scslre'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { CATALOGUE } from '../../src/diagnosis/catalogue/all.ts'

const root = join(import.meta.dirname, '../../src/diagnosis')

/** Every regular expression that is written in a source file. */
function writtenIn(file: string): RegExp[] {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest)
  const found: RegExp[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/')
      found.push(new RegExp(node.text.slice(1, end), node.text.slice(end + 1)))
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

/** What makes a pattern slow on some text: both backtracking and a start that is tried from every place. */
function slowness(pattern: RegExp): string[] {
  return analyse({ source: pattern.source, flags: pattern.flags }).reports.map((report) => report.type)
}

test('the checker knows a slow pattern when it sees one', () => {
  expect(slowness(/(?:a+)+b/)).not.toEqual([])
  expect(slowness(/a.*b.*c/)).not.toEqual([])
})

test('no pattern of the catalogue is slower than linear on any text', () => {
  for (const cause of CATALOGUE) {
    for (const pattern of [...cause.matches, ...cause.hints]) {
      expect(slowness(pattern), `${cause.code} ${String(pattern)}`).toEqual([])
    }
  }
})

test('no pattern written in this folder is slower than linear on any text', () => {
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'))
  const slow = files.flatMap((file) =>
    writtenIn(join(root, file))
      .filter((pattern) => slowness(pattern).length > 0)
      .map((pattern) => `${file} ${String(pattern)}`),
  )
  expect(slow).toEqual([])
})
