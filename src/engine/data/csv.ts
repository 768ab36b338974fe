import { extname } from 'node:path'
import { pipeline, Readable } from 'node:stream'
import { CsvError, type Info, parse } from 'csv-parse'
import { UserError } from '../../user-error.ts'
import { type Column, hasNoRows, LONGEST_ROW, SAMPLE, type Table, type TableRow, tooLong } from './table.ts'
import { readUtf8 } from './utf8.ts'

interface CsvRecord {
  record: string[]
  /** Where it begins */
  line: number
}

/** A CSV or TSV file with a header line (RFC 4180; `;` where that is what the header has). Every value is a string. */
export async function openCsv({ path, file }: { path: string; file: string }): Promise<Omit<Table, 'bytes'>> {
  const delimiter = await delimiterOf({ path, file })
  let header: string[] | null = null
  const sample: string[][] = []
  for await (const { record } of records({ path, file, delimiter })) {
    if (header) sample.push(record)
    else header = checkHeader(record, file)
    if (sample.length === SAMPLE) break
  }
  if (!header) throw hasNoRows(file, 'is empty')
  if (sample.length === 0) throw hasNoRows(file, 'has a header and no rows')

  const names = header
  return {
    file,
    counts: 'line',
    columns: names.map((name, i) => ({ name, kind: kindOf(sample.map((values) => values[i] ?? '')), classes: null })),
    rows: (columns) => rows({ path, file, delimiter, places: columns.map((column) => names.indexOf(column)) }),
  }
}

async function* rows(from: {
  path: string
  file: string
  delimiter: string
  places: readonly number[]
}): AsyncGenerator<TableRow, void, void> {
  let isHeader = true
  for await (const { record, line } of records(from)) {
    if (!isHeader) yield { place: line, values: from.places.map((place) => record[place]) }
    isHeader = false
  }
}

async function* records({
  path,
  file,
  delimiter,
}: {
  path: string
  file: string
  delimiter: string
}): AsyncGenerator<CsvRecord, void, void> {
  const parser = parse({
    delimiter,
    bom: true,
    info: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_ROW,
    record_delimiter: ['\r\n', '\n'],
  })
  // The callback form: errors come out of the iteration below, the rest is closed with it.
  pipeline(Readable.from(readUtf8({ path, file })), parser, () => undefined)
  // Counted here: the parser takes each CRLF inside of quotes for two lines.
  let before = 0
  try {
    for await (const { record, info } of parser as AsyncIterable<{ record: string[]; info: Info }>) {
      yield { record, line: before + info.empty_lines + 1 }
      before += 1 + record.reduce((breaks, field) => breaks + countBreaks(field), 0)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    throw explain({ error, line: before + Number(error.empty_lines) + 1, file })
  }
}

function countBreaks(field: string): number {
  let count = 0
  for (let at = field.indexOf('\n'); at >= 0; at = field.indexOf('\n', at + 1)) count++
  return count
}

/** csv-parse's error in words; `line` is where the record begins. */
function explain({ error, line, file }: { error: CsvError; line: number; file: string }): UserError {
  if (error.code === 'CSV_MAX_RECORD_SIZE') return tooLong(file, `Line ${line}`)
  if (error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH') {
    const came = Array.isArray(error.record) ? error.record.length : 0
    return new UserError(
      `Line ${line} of \`${file}\` has ${came} fields; the header and the lines before have another number.`,
      'A text that holds a comma, a quote or a line break must stand in double quotes.',
      'dataset-csv',
    )
  }
  return new UserError(
    `The row that begins in line ${line} of \`${file}\` is not CSV: ${sentence(error)}.`,
    'A quote inside of a quoted text is written twice ("").',
    'dataset-csv',
  )
}

function sentence(error: CsvError): string {
  if (error.code === 'CSV_QUOTE_NOT_CLOSED') return 'it opens a quote that is never closed'
  return error.message.replace(/\.$/, '')
}

/** A comma, unless the header line has none of it and has something else that parts columns. */
async function delimiterOf({ path, file }: { path: string; file: string }): Promise<string> {
  if (extname(path).toLowerCase() === '.tsv') return '\t'
  for await (const piece of readUtf8({ path, file })) {
    const [header = ''] = piece.toString('utf8').split(/\r?\n/, 1)
    return [',', ';', '\t'].find((delimiter) => header.includes(delimiter)) ?? ','
  }
  return ','
}

function checkHeader(header: string[], file: string): string[] {
  const double = header.find((name, i) => header.indexOf(name) !== i)
  if (double === undefined) return header
  throw new UserError(
    `The header of \`${file}\` names \`${double}\` twice.`,
    'Give every column a name of its own.',
    'dataset-csv',
  )
}

function kindOf(values: readonly string[]): Column['kind'] {
  const given = values.filter((value) => value !== '')
  if (given.every((value) => /^-?\d+$/.test(value))) return 'integer'
  if (given.every((value) => /^-?\d*\.?\d+(?:e[+-]?\d+)?$/i.test(value))) return 'number'
  return given.every((value) => /^(?:true|false)$/i.test(value)) ? 'truth' : 'text'
}
