import { z } from 'zod'
import { explain } from './explain.ts'

const Row = z.object({ id: z.union([z.string(), z.number()]), text: z.string() })

/**
 * Explains a stream of `{"id","text"}` lines, one answer a line in the same order:
 * `{"id","code","cause","title","why","fixes","evidence"}`, or `"code":null` for a text whose cause is not known.
 * A line that is no such object is answered with `"error"`, so that one bad line ends nothing.
 */
export async function* explainLines(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  let number = 0
  for await (const line of linesOf(input)) {
    number++
    if (line.trim() !== '') yield JSON.stringify(answer(line, number))
  }
}

async function* linesOf(input: AsyncIterable<string | Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest: string[] = []
  for await (const chunk of input) {
    const parts = (typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true })).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      yield rest.join('') + part
      rest = []
    }
    rest.push(last)
  }
  yield rest.join('') + decoder.decode()
}

function answer(line: string, number: number): Record<string, unknown> {
  const row = Row.safeParse(parse(line))
  if (!row.success) {
    return { id: null, code: null, cause: null, error: `Expected {"id","text"} as JSON on line ${number}.` }
  }
  const { id, text } = row.data
  const found = explain({ text })
  if (!found) return { id, code: null, cause: null, title: null, why: null, fixes: [], evidence: null }
  const { code, cause, title, why, fixes, evidence } = found
  return { id, code, cause, title, why, fixes, evidence }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null
  }
}
