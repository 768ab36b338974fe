import { describeDataset, readSplits } from '../engine/data/describe.ts'
import type { Inspection } from '../engine/data/inspect.ts'
import { isOfHub } from '../engine/hub.ts'
import type { HubSettings } from '../hub/endpoint.ts'
import type { Token } from '../hub/token.ts'
import type { RunSpec } from '../run/spec.ts'
import type { Context } from './context.ts'
import { hubFacts } from './hub-facts.ts'
import { hubOf } from './hub.ts'
import { askKept } from './kept-side.ts'

export type Inspected = Pick<RunSpec, 'dataset' | 'dataset_revision' | 'dataset_config_name' | 'args'>

export interface ToInspect extends Inspected {
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
export async function inspect(
  context: Context,
  {
    dataset,
    dataset_revision,
    dataset_config_name,
    args,
    guild_id,
    signal,
  }: Inspected & { guild_id: string; signal: AbortSignal },
): Promise<Inspection> {
  const { datasetsFolder, cacheFolder } = context.config
  const ofHub = await isOfHub({ folder: datasetsFolder, path: dataset, what: 'dataset' })
  if (ofHub && !context.config.hub.HF_HUB_OFFLINE) {
    const about = await hubFacts(context, guild_id)
      .dataset(dataset, dataset_revision)
      // That it is nowhere is said by the one that looks here, too.
      .catch(() => null)
    const bytes = about ? readSplits(about, dataset_config_name).reduce((sum, split) => sum + split.bytes, 0) : 0
    if (about && bytes > MOST_BROUGHT) return describeDataset(about, { dataset_config_name, args })
  }
  const question: ToInspect = {
    dataset,
    dataset_revision,
    dataset_config_name,
    args,
    datasets_folder: datasetsFolder,
    cache_folder: cacheFolder,
    hub: ofHub ? forAnotherProcess(hubOf(context, guild_id)) : null,
  }
  return await askKept(context, { file: 'inspect-process.ts', args: [], answerMs: ANSWER_MS }, question, signal)
}

/** A token does not survive a message between processes by itself; that is meant. */
function forAnotherProcess({ token, ...hub }: HubSettings): ToInspect['hub'] {
  return { ...hub, token: token && { value: token.reveal(), source: token.source, keeper: token.keeper } }
}
