import { describeDataset, readSplits } from '../../engine/data/describe.ts'
import type { Inspection } from '../../engine/data/inspect.ts'
import type { Sample } from '../../engine/data/samples.ts'
import { isOfHub } from '../../engine/hub.ts'
import type { Dataset } from '../../hub/dataset.ts'
import type { HubSettings } from '../../hub/endpoint.ts'
import { chooseConfig } from '../../hub/splits.ts'
import type { Token } from '../../hub/token.ts'
import { previewRows } from '../../hub/viewer.ts'
import type { RunSpec } from '../../run/spec.ts'
import type { Context } from '../context.ts'
import { hubFacts } from '../hub/facts.ts'
import { hubOf } from '../hub/hub.ts'
import { askKept } from '../side/kept.ts'

export type Inspected = Pick<RunSpec, 'dataset' | 'dataset_revision' | 'dataset_config_name' | 'args'>

export interface Asked extends Inspected {
  /** Whose token asks the Hub. */
  guild_id: string
  signal: AbortSignal
}

export interface ToInspect extends Inspected {
  /** How many rows to show; null to look into all of it. */
  rows: number | null
  datasets_folder: string
  cache_folder: string
  /** Null when the dataset is here. */
  hub: (Omit<HubSettings, 'token'> & { token: (Omit<Token, 'reveal'> & { value: string }) | null }) | null
}

/** Milliseconds of silence. */
const ANSWER_MS = 120_000
/** Bytes of the splits of a dataset that are brought here for a draft; of a larger one only the Hub's word is taken. */
const MOST_BROUGHT = 100e6

/**
 * What can be said of a dataset before a run reads it, found in a process of its own. One of the Hub is brought into the
 * cache, where the run will find it, unless it is large. Throws UserError when it cannot be used; aborting `signal` takes
 * the question back.
 */
export async function inspect(context: Context, asked: Asked, most = MOST_BROUGHT): Promise<Inspection> {
  const large = await largeOnHub(context, asked, most)
  return large ? describeDataset(large, asked) : await askProcess<Inspection>(context, asked, null)
}

/** The first rows that a run would train on; of a large dataset of the Hub what its viewer shows. Throws UserError. */
export async function sample(context: Context, asked: Asked, rows: number, most = MOST_BROUGHT): Promise<Sample[]> {
  const large = await largeOnHub(context, asked, most)
  if (!large) return await askProcess<Sample[]>(context, asked, rows)
  const { text_column, label_column, labels } = describeDataset(large, asked)
  const config = chooseConfig(large, asked.dataset_config_name ?? null).name
  const access = { ...hubOf(context, asked.guild_id), signal: asked.signal }
  const shown = await previewRows({ ...access, name: large.name, config, split: 'train', length: rows })
  return (shown?.rows ?? []).map((row) => ({
    text: shownAs(row[text_column]),
    labels: [row[label_column]].flat().map((label) => labels[Number(label)] ?? shownAs(label)),
  }))
}

/** The dataset, when it is one of the Hub and too large to be brought here for a draft. */
async function largeOnHub(
  context: Context,
  { dataset, dataset_revision, dataset_config_name, guild_id }: Asked,
  most: number,
): Promise<Dataset | null> {
  if (!(await isOfHub({ folder: context.config.datasetsFolder, path: dataset, what: 'dataset' }))) return null
  const about = await hubFacts(context, guild_id)
    .dataset(dataset, dataset_revision)
    // That it is nowhere is said by the one that looks here, too.
    .catch(() => null)
  if (about?.from !== 'hub') return null
  const bytes = readSplits(about, dataset_config_name).reduce((sum, split) => sum + split.bytes, 0)
  return bytes > most ? about : null
}

async function askProcess<Answer>(
  context: Context,
  { guild_id, signal, ...asked }: Asked,
  rows: number | null,
): Promise<Answer> {
  const { datasetsFolder, cacheFolder } = context.config
  const ofHub = await isOfHub({ folder: datasetsFolder, path: asked.dataset, what: 'dataset' })
  const question: ToInspect = {
    ...asked,
    rows,
    datasets_folder: datasetsFolder,
    cache_folder: cacheFolder,
    hub: ofHub ? forAnotherProcess(hubOf(context, guild_id)) : null,
  }
  const program = new URL('./inspect-process.ts', import.meta.url)
  return await askKept(context, { program, args: [], answerMs: ANSWER_MS }, question, signal)
}

function shownAs(cell: unknown): string {
  return typeof cell === 'string' ? cell : JSON.stringify(cell ?? null)
}

/** A token does not survive a message between processes by itself; that is meant. */
function forAnotherProcess({ token, ...hub }: HubSettings): ToInspect['hub'] {
  return { ...hub, token: token && { value: token.reveal(), source: token.source, keeper: token.keeper } }
}
