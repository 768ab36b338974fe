import { parquetWriteBuffer } from 'hyparquet-writer'

/** A labelled text, as the local Hub's datasets hold it. */
export interface LabelledText {
  text: string
  /** Place in the names of the labels */
  label: number
}

/** Rows as a Parquet file that Hugging Face's libraries write: ClassLabel names are in its `huggingface` metadata. */
export function textParquet({
  rows,
  labels,
}: {
  rows: readonly LabelledText[]
  labels: readonly string[]
}): Uint8Array {
  const features = {
    text: { dtype: 'string', _type: 'Value' },
    label: { names: labels, _type: 'ClassLabel' },
  }
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'text', data: rows.map(({ text }) => text), type: 'STRING' },
      { name: 'label', data: rows.map(({ label }) => BigInt(label)), type: 'INT64' },
    ],
    rowGroupSize: 5_000,
    kvMetadata: [{ key: 'huggingface', value: JSON.stringify({ info: { features } }) }],
  })
  return new Uint8Array(buffer)
}

/** A dataset's README, with the YAML that tells `datasets` where its splits are. */
export function datasetCard({
  title,
  config,
  splits,
}: {
  title: string
  config: string
  splits: readonly string[]
}): string {
  const files = splits.map((split) => `  - split: ${split}\n    path: ${config}/${split}-*`)
  return [
    '---',
    'task_categories:',
    '- text-classification',
    'configs:',
    `- config_name: ${config}`,
    '  data_files:',
    ...files,
    '  default: true',
    '---',
    '',
    `# ${title}`,
    '',
    'Served by a Hub on this machine.',
    '',
  ].join('\n')
}
