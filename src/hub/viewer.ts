import { z } from 'zod'
import { type Access, HUB_URL, viewerOf } from './endpoint.ts'
import { HubError } from './failure.ts'
import { type Feature, Features, featuresOf } from './features.ts'
import { hubJson } from './request.ts'
import { QUICK } from './retry.ts'

/** Milliseconds that the viewer may take: what it says, Parquet footers say too. */
const VIEWER_TIMEOUT = 5_000

/** Columns and numbers of rows by configuration. */
export type ViewerInfo = Record<
  string,
  { features: z.infer<typeof Features> | null; splits: Record<string, number> } | undefined
>

const Info = z.object({
  dataset_info: z.record(
    z.string(),
    z.object({
      features: Features.nullish(),
      splits: z.record(z.string(), z.object({ num_examples: z.number() })).nullish(),
    }),
  ),
})

/** What the dataset viewer knows about all configurations; null when it knows nothing, or is away. */
export async function viewerInfo({ name, ...access }: Access & { name: string }): Promise<ViewerInfo | null> {
  const value = await ask({ access, name, path: `/info?dataset=${encodeURIComponent(name)}`, schema: Info })
  if (value === null) return null
  return Object.fromEntries(
    Object.entries(value.dataset_info).map(([config, { features, splits }]) => [
      config,
      {
        features: features ?? null,
        splits: Object.fromEntries(
          Object.entries(splits ?? {}).map(([split, { num_examples }]) => [split, num_examples]),
        ),
      },
    ]),
  )
}

const Files = z.object({ parquet_files: z.array(z.unknown()), pending: z.array(z.unknown()) })

/** How far the viewer's Parquet copy is. */
export async function conversionState({
  name,
  ...access
}: Access & { name: string }): Promise<'made' | 'pending' | 'none'> {
  const value = await ask({ access, name, path: `/parquet?dataset=${encodeURIComponent(name)}`, schema: Files })
  if (value === null) return 'none'
  if (value.pending.length > 0) return 'pending'
  return value.parquet_files.length > 0 ? 'made' : 'none'
}

const Rows = z.object({
  features: z.array(z.object({ name: z.string(), type: z.unknown() })),
  rows: z.array(
    z.object({ row_idx: z.number(), row: z.record(z.string(), z.unknown()), truncated_cells: z.array(z.string()) }),
  ),
  num_rows_total: z.number(),
})

/** Rows to look at. Long cells are cut: never train from them. */
export interface PreviewRows {
  features: Feature[]
  rows: Record<string, unknown>[]
  total: number
}

/** A few rows before anything is downloaded, 100 at most; null when the viewer does not have them. */
export async function previewRows({
  name,
  config,
  split,
  offset = 0,
  length = 10,
  ...access
}: Access & {
  name: string
  config: string
  split: string
  offset?: number
  length?: number
}): Promise<PreviewRows | null> {
  const query = new URLSearchParams({ dataset: name, config, split, offset: String(offset), length: String(length) })
  const value = await ask({ access, name, path: `/rows?${query.toString()}`, schema: Rows })
  if (value === null) return null
  const described = Features.safeParse(Object.fromEntries(value.features.map(({ name, type }) => [name, type])))
  return {
    features: described.success ? featuresOf(described.data) : [],
    rows: value.rows.map(({ row }) => row),
    total: value.num_rows_total,
  }
}

/** Null for every failure but the ones that concern the dataset itself: the viewer is a convenience. */
async function ask<Schema extends z.ZodType>({
  access,
  name,
  path,
  schema,
}: {
  access: Access
  name: string
  path: string
  schema: Schema
}): Promise<z.infer<Schema> | null> {
  const { hubUrl = HUB_URL, viewerUrl = viewerOf(hubUrl), signal } = access
  try {
    const { value } = await hubJson({
      ...access,
      url: viewerUrl + path,
      subject: { type: 'dataset', name },
      schema,
      timeout: VIEWER_TIMEOUT,
      patience: { ...QUICK, attempts: 1 },
    })
    return value
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof HubError) return null
    throw error
  }
}
