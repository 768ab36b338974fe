import type { AsyncBuffer, FileMetaData, SchemaTree } from 'hyparquet'
import { z } from 'zod'
import { UserError } from '../../user-error.ts'
import { type Column, hasNoRows, type Table, type TableRow } from './table.ts'

/** What the `datasets` library keeps of its own types in every Parquet file that it writes. */
const Names = z.looseObject({ names: z.array(z.string()).optional() })
/** A list of labels is a feature of its own, written in one of two ways. */
const Feature = z.union([z.tuple([Names]), z.looseObject({ ...Names.shape, feature: Names.optional() })])
const Features = z.object({ info: z.object({ features: z.record(z.string(), z.unknown()) }) })

/** A Parquet file. Rows are read one row group after the other, and of them only the columns that are asked for. */
export async function openParquet({ path, file }: { path: string; file: string }): Promise<Omit<Table, 'bytes'>> {
  const { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } = await import('hyparquet')
  const buffer = await asyncBufferFromFile(path)
  let metadata: FileMetaData
  try {
    metadata = await parquetMetadataAsync(buffer)
  } catch (error) {
    throw unreadable(file, error)
  }
  if (metadata.num_rows === 0n) throw hasNoRows(file, 'has no rows')
  const classes = classNames(metadata)
  return {
    file,
    counts: 'row',
    columns: parquetSchema(metadata).children.map((column) => ({
      name: column.element.name,
      kind: kindOf(column),
      classes: classes[column.element.name] ?? null,
    })),
    rows: (columns) => rows({ buffer, metadata, columns, file }),
  }
}

async function* rows({
  buffer,
  metadata,
  columns,
  file,
}: {
  buffer: AsyncBuffer
  metadata: FileMetaData
  columns: readonly string[]
  file: string
}): AsyncGenerator<TableRow, void, void> {
  const { parquetReadObjects } = await import('hyparquet')
  const { compressors } = await import('hyparquet-compressors')
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    let objects: Record<string, unknown>[]
    try {
      objects = await parquetReadObjects({
        file: buffer,
        metadata,
        columns: [...columns],
        rowStart,
        rowEnd,
        compressors,
      })
    } catch (error) {
      throw unreadable(file, error)
    }
    for (const [i, object] of objects.entries()) {
      yield { place: rowStart + i + 1, values: columns.map((column) => object[column] ?? undefined) }
    }
    rowStart = rowEnd
  }
}

function classNames(metadata: FileMetaData): Record<string, readonly string[] | undefined> {
  const written = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  if (written === undefined) return {}
  let value: unknown
  try {
    value = JSON.parse(written)
  } catch {
    return {}
  }
  const features = Features.safeParse(value)
  if (!features.success) return {}
  return Object.fromEntries(Object.entries(features.data.info.features).map(([name, each]) => [name, namesOf(each)]))
}

function namesOf(written: unknown): readonly string[] | undefined {
  const feature = Feature.safeParse(written).data
  return Array.isArray(feature) ? feature[0].names : (feature?.names ?? feature?.feature?.names)
}

function kindOf({ children, element }: SchemaTree): Column['kind'] {
  if (element.converted_type === 'LIST' || element.logical_type?.type === 'LIST') return 'list'
  if (children.length > 0) return 'other'
  switch (element.type) {
    case 'BYTE_ARRAY':
      return 'text'
    case 'BOOLEAN':
      return 'truth'
    case 'INT32':
    case 'INT64':
      return 'integer'
    case 'FLOAT':
    case 'DOUBLE':
      return 'number'
    default:
      return 'other'
  }
}

function unreadable(file: string, error: unknown): UserError {
  return new UserError(
    `\`${file}\` cannot be read as Parquet: ${(error as Error).message}.`,
    'Copy or download it again; if it is a text file, give it the ending .csv or .jsonl.',
    'dataset-parquet',
  )
}
