import { UserError } from '../../user-error.ts'
import { type Column, hasNoRows, LONGEST_ROW, SAMPLE, type Table, type TableRow, tooLong } from './table.ts'
import { readUtf8 } from './utf8.ts'

const NEWLINE = 10

/** A file with one JSON object a line. Columns are the keys of its first objects. */
export async function openJsonl({ path, file }: { path: string; file: string }): Promise<Omit<Table, 'bytes'>> {
  const sample: Record<string, unknown>[] = []
  for await (const { value } of objects({ path, file })) {
    sample.push(value)
    if (sample.length === SAMPLE) break
  }
  if (sample.length === 0) throw hasNoRows(file, 'is empty')

  const names = [...new Set(sample.flatMap(Object.keys))]
  return {
    file,
    counts: 'line',
    columns: names.map((name) => ({ name, kind: kindOf(sample.map((value) => value[name])), classes: null })),
    rows: (columns) => rows({ path, file, columns }),
  }
}

async function* rows(from: {
  path: string
  file: string
  columns: readonly string[]
}): AsyncGenerator<TableRow, void, void> {
  for await (const { line, value } of objects(from)) {
    yield { place: line, values: from.columns.map((column) => value[column]) }
  }
}

async function* objects({
  path,
  file,
}: {
  path: string
  file: string
}): AsyncGenerator<{ line: number; value: Record<string, unknown> }, void, void> {
  for await (const { line, text } of lines({ path, file })) {
    if (text.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(text)
    } catch (error) {
      throw notAnObject({ file, line, text, why: (error as Error).message })
    }
    if (value === null || typeof value !== 'object' || Array.isArray(value)) {
      throw notAnObject({ file, line, text, why: 'it is another kind of value' })
    }
    yield { line, value: value as Record<string, unknown> }
  }
}

/** The lines of a text file, a byte order mark left out. */
async function* lines({
  path,
  file,
}: {
  path: string
  file: string
}): AsyncGenerator<{ line: number; text: string }, void, void> {
  let line = 1
  let started: Buffer[] = []
  let length = 0
  const take = (last: Buffer) => {
    const text = Buffer.concat([...started, last]).toString('utf8')
    started = []
    length = 0
    return { line: line++, text: text.startsWith('\ufeff') ? text.slice(1) : text }
  }
  for await (const piece of readUtf8({ path, file })) {
    let from = 0
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, from)) {
      yield take(piece.subarray(from, end))
      from = end + 1
    }
    started.push(piece.subarray(from))
    length += piece.length - from
    if (length > LONGEST_ROW) throw tooLong(file, `Line ${line}`)
  }
  if (length > 0) yield take(Buffer.alloc(0))
}

function notAnObject({ file, line, text, why }: { file: string; line: number; text: string; why: string }): UserError {
  if (line === 1 && text.trimStart().startsWith('[')) {
    return new UserError(
      `\`${file}\` holds one JSON array; a JSON object a line is expected.`,
      `Turn it into lines: \`jq -c '.[]' '${file}' > rows.jsonl\``,
      'dataset-json',
    )
  }
  return new UserError(
    `Line ${line} of \`${file}\` is not a JSON object: ${why}.`,
    'Every line is one object, such as {"text": "…", "label": "…"}.',
    'dataset-json',
  )
}

function kindOf(values: readonly unknown[]): Column['kind'] {
  const given = values.filter((value) => value !== null && value !== undefined)
  if (given.every((value) => typeof value === 'string')) return 'text'
  if (given.every((value) => typeof value === 'boolean')) return 'truth'
  if (given.every((value) => Array.isArray(value))) return 'list'
  if (given.every((value) => Number.isInteger(value))) return 'integer'
  return given.every((value) => typeof value === 'number') ? 'number' : 'other'
}
