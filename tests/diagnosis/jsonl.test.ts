import { Readable } from 'node:stream'
import { expect, test } from 'vitest'
import { explainLines } from '../../src/diagnosis/jsonl.ts'

async function answers(...chunks: (string | Uint8Array)[]): Promise<Record<string, unknown>[]> {
  const lines: string[] = []
  for await (const line of explainLines(Readable.from(chunks))) lines.push(line)
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

test('every line is answered in order, known, unknown and unreadable', async () => {
  const rows = [
    JSON.stringify({ id: 'a', text: "ModuleNotFoundError: No module named 'evaluate'" }),
    JSON.stringify({ id: 2, text: 'all is well' }),
    'no json',
    JSON.stringify({ id: 'c' }),
    JSON.stringify({ id: 'd', text: 'RuntimeError: CUDA out of memory.' }),
  ]
  const [a, b, c, d, e] = await answers(rows.join('\n'))
  expect(a).toMatchObject({ id: 'a', code: 'FT-ENV-MODULE', cause: 'module-not-found' })
  expect(Object.keys(a ?? {})).toEqual(['id', 'code', 'cause', 'title', 'why', 'fixes', 'evidence'])
  expect(b).toMatchObject({ id: 2, code: null, cause: null, fixes: [] })
  expect(c).toMatchObject({ id: null, code: null, error: 'Expected {"id","text"} as JSON on line 3.' })
  expect(d).toMatchObject({ id: null, code: null })
  expect(e).toMatchObject({ id: 'd', cause: 'cuda-oom' })
})

test('lines and characters may be cut anywhere between chunks', async () => {
  const bytes = Buffer.from(`${JSON.stringify({ id: 'ü', text: '✓ RuntimeError: CUDA out of memory.' })}\n\n`)
  const cut = Array.from(bytes, (byte) => Uint8Array.of(byte))
  expect(await answers(...cut)).toMatchObject([{ id: 'ü', cause: 'cuda-oom' }])
})
