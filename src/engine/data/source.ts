import { readdir, stat } from 'node:fs/promises'
import { basename, join, sep } from 'node:path'
import type { Feature } from '../../hub/features.ts'
import { UserError } from '../../user-error.ts'
import { bringDataset, type FromHub, mayBeOfHub, nowhere, type Reach, reachHub } from '../hub.ts'
import { findInside, notThere, placeInside } from './place.ts'
import { FORMATS, openTable, type Table } from './table.ts'

/** The tables of a dataset: of each split one file or several, in the order of their names. */
export interface Source {
  train: readonly Table[]
  /** Null when there is no such split: it is then made of the training rows. */
  eval: readonly Table[] | null
  /** Null when it is not from the Hub. */
  from: FromHub | null
}

/** A dataset as a run names it, and where it is looked for. */
export interface NamedDataset {
  dataset: string
  datasets_folder: string
  /** Of a dataset of the Hub */
  dataset_revision?: string | undefined
  dataset_config_name?: string | undefined
  reach?: Reach
}

/**
 * Splits by what run_classification.py and load_dataset call them. Where a folder has a validation and a test split, the
 * evaluation reads validation, as run_classification does: test is for afterwards.
 */
const SPLITS = { train: ['train'], eval: ['validation', 'valid', 'val', 'dev', 'test'] } as const

/**
 * Finds a dataset inside of the datasets folder: a file, or a folder with `train.*` and, if it has them, `validation.*` or
 * `test.*` (`train-00000-of-00002.parquet` and its like together are one split). What is not there is looked for on the
 * Hub, and brought into its cache. Throws UserError.
 */
export async function openSource({
  dataset,
  datasets_folder,
  reach = reachHub(),
  ...named
}: NamedDataset): Promise<Source> {
  const asked = { folder: datasets_folder, path: dataset, what: 'dataset' } as const
  const path = await findInside(asked)
  if (path !== null) return openHere({ dataset, datasets_folder, path })
  const here = await notThere(asked)
  if (!mayBeOfHub(dataset)) throw here
  const { dataset_revision: revision, dataset_config_name: config_name } = named
  const brought = await bringDataset({ name: dataset, revision, config_name, reach }).catch((there: unknown) => {
    throw nowhere({ name: dataset, here, there })
  })
  const { from, features } = brought
  const open = (paths: readonly string[]) =>
    Promise.all(paths.map((path) => openShard({ path, dataset: from.name, features })))
  return { train: await open(brought.train), eval: brought.eval && (await open(brought.eval)), from }
}

/** A Parquet file of the Hub. Names of labels that are not in the file are those that the Hub knows. */
async function openShard({
  path,
  dataset,
  features,
}: {
  path: string
  dataset: string
  features: readonly Feature[]
}): Promise<Table> {
  const table = await openTable({ path, file: `${dataset}/${path.split(sep).slice(-3).join('/')}` })
  const columns = table.columns.map((column) => ({
    ...column,
    classes: column.classes ?? features.find(({ name }) => name === column.name)?.labels ?? null,
  }))
  return { ...table, columns }
}

async function openHere({
  dataset,
  datasets_folder,
  path,
}: {
  dataset: string
  datasets_folder: string
  path: string
}): Promise<Source> {
  const found = await stat(path)
  if (found.isFile()) return { train: [await openTable({ path, file: dataset })], eval: null, from: null }
  if (!found.isDirectory()) {
    throw new UserError(
      `\`${dataset}\` is neither a file nor a folder.`,
      'Copy the data into a file.',
      'dataset-format',
    )
  }

  const files = (await readdir(path)).filter(isTable).sort()
  const open = async (names: readonly string[]) => {
    const split = names.find((name) => files.some((file) => splitOf(file) === name))
    if (split === undefined) return null
    return Promise.all(
      files.filter((file) => splitOf(file) === split).map((file) => openInside(datasets_folder, join(dataset, file))),
    )
  }
  const train = await open(SPLITS.train)
  if (!train) {
    throw new UserError(
      `The folder \`${dataset}\` has no training rows: a file called train (${FORMATS.join(', ')}) is expected.`,
      files.length > 0
        ? `It has ${files
            .slice(0, 5)
            .map((file) => `\`${file}\``)
            .join(', ')}: name one of them as the dataset (\`${dataset}/${files[0] ?? ''}\`), or call it train.`
        : 'Copy the data there, or name a file as the dataset.',
      'dataset-empty',
    )
  }
  return { train, eval: await open(SPLITS.eval), from: null }
}

/** A file of the folder, which may be a link that leads out of the datasets. */
async function openInside(datasets_folder: string, file: string): Promise<Table> {
  return openTable({ path: await placeInside({ folder: datasets_folder, path: file, what: 'dataset' }), file })
}

function isTable(file: string): boolean {
  return FORMATS.some((format) => file.toLowerCase().endsWith(format))
}

/** `train` of train.csv, train-00000-of-00002.parquet, train_1.jsonl */
function splitOf(file: string): string | null {
  return /^([a-z]+)(?:[-_.]\d[\w-]*)?\.\w+$/i.exec(basename(file))?.[1]?.toLowerCase() ?? null
}
