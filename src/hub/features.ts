import type { FileMetaData } from 'hyparquet'
import { z } from 'zod'

/** A column of a dataset. */
export interface Feature {
  name: string
  /** `string`, `int64`, `ClassLabel`, `list` … */
  kind: string
  /** Of a ClassLabel, in the order of their numbers. */
  labels: string[] | null
}

const Described = z.looseObject({
  _type: z.string().optional(),
  dtype: z.string().optional(),
  names: z.array(z.string()).nullish(),
})
export const Features = z.record(z.string(), z.union([Described, z.array(z.unknown())]))

/** The Hub's `features` object as a list. */
export function featuresOf(described: z.infer<typeof Features>): Feature[] {
  return Object.entries(described).map(([name, feature]) => {
    if (Array.isArray(feature)) return { name, kind: 'list', labels: null }
    const { _type, dtype, names } = feature
    if (_type === 'ClassLabel') return { name, kind: 'ClassLabel', labels: names ?? null }
    return { name, kind: _type === 'Value' ? (dtype ?? 'unknown') : (_type ?? 'unknown'), labels: null }
  })
}

/** The same from a Parquet footer: Hugging Face's libraries write their features into it; else the column types. */
export function featuresOfFooter(metadata: FileMetaData): Feature[] {
  const text = metadata.key_value_metadata?.find(({ key }) => key === 'huggingface')?.value
  const parsed = text === undefined ? null : Written.safeParse(parseJson(text))
  if (parsed?.success) return featuresOf(parsed.data.info.features)
  // The first element is the root; only columns at the top are listed.
  const columns: Feature[] = []
  let inside = 0
  for (const element of metadata.schema.slice(1)) {
    const top = inside === 0
    inside = Math.max(0, inside - 1) + (element.num_children ?? 0)
    if (!top) continue
    const kind = element.num_children ? 'list' : (TYPES[element.converted_type ?? element.type ?? ''] ?? 'unknown')
    columns.push({ name: element.name, kind, labels: null })
  }
  return columns
}

const Written = z.object({ info: z.object({ features: Features }) })

const TYPES: Readonly<Record<string, string>> = {
  UTF8: 'string',
  INT64: 'int64',
  INT32: 'int32',
  BOOLEAN: 'bool',
  FLOAT: 'float32',
  DOUBLE: 'float64',
  BYTE_ARRAY: 'binary',
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
