import { stat } from 'node:fs/promises'
import { extname } from 'node:path'
import { UserError } from '../../user-error.ts'

/** A column as far as it is known before the rows are read. */
export interface Column {
  name: string
  kind: 'text' | 'integer' | 'number' | 'truth' | 'list' | 'other'
  /** The names of a ClassLabel, or of a list of them, by their numbers; null for any other column */
  classes: readonly string[] | null
}

export interface TableRow {
  /** Where people find it, counted from 1: see `Table.counts` */
  place: number
  /** In the order of the columns that were asked for; undefined where the row has none */
  values: readonly unknown[]
}

/** A file of rows. Reading is streamed and may be done several times. */
export interface Table {
  /** Its name, for people */
  file: string
  /** What `TableRow.place` counts */
  counts: 'line' | 'row'
  columns: readonly Column[]
  /** Size of the file */
  bytes: number
  rows: (columns: readonly string[]) => AsyncIterable<TableRow>
}

/** A row that is longer is refused, so that a quote which is never closed cannot fill the memory. */
export const LONGEST_ROW = 16 * 2 ** 20

/** Rows at the beginning that tell what a column holds, where the file itself does not. */
export const SAMPLE = 100

/** Formats by the end of a file's name. */
export const FORMATS = ['.csv', '.tsv', '.jsonl', '.ndjson', '.json', '.parquet'] as const

/** Opens a file as the end of its name says, and reads its columns. Throws UserError. */
export async function openTable({ path, file }: { path: string; file: string }): Promise<Table> {
  const { size } = await stat(path)
  return { ...(await openFormat({ path, file })), bytes: size }
}

async function openFormat({ path, file }: { path: string; file: string }): Promise<Omit<Table, 'bytes'>> {
  switch (extname(path).toLowerCase()) {
    case '.csv':
    case '.tsv': {
      const { openCsv } = await import('./csv.ts')
      return openCsv({ path, file })
    }
    case '.jsonl':
    case '.ndjson':
    case '.json': {
      const { openJsonl } = await import('./jsonl.ts')
      return openJsonl({ path, file })
    }
    case '.parquet': {
      const { openParquet } = await import('./parquet.ts')
      return openParquet({ path, file })
    }
    default:
      throw new UserError(
        `\`${file}\` ends in \`${extname(file) || 'nothing'}\`; ${FORMATS.join(', ')} can be read.`,
        'Convert it, or give it the ending that says what it is.',
        'dataset-format',
      )
  }
}

export function tooLong(file: string, place: string): UserError {
  return new UserError(
    `${place} of \`${file}\` is longer than ${LONGEST_ROW / 2 ** 20} MiB, the most that a row may have.`,
    'Look there for a quote that is never closed or a line break that is missing, or shorten the text: a model reads only its first tokens.',
    'dataset-row-too-long',
  )
}

export function hasNoRows(file: string, what: string): UserError {
  return new UserError(
    `\`${file}\` ${what}.`,
    'A dataset has a text and a label in every row, and at least two rows.',
    'dataset-empty',
  )
}
