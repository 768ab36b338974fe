import type { Run } from '../../../storage/runs.ts'
import { readSplits } from '../../engine/data/describe.ts'
import type { Preview } from '../../engine/data/preview.ts'
import { isOfHub } from '../../engine/hub.ts'
import { chooseConfig } from '../../hub/splits.ts'
import type { Context } from '../context.ts'
import { hubFacts } from '../hub/facts.ts'
import { inspect, sample } from './inspect.ts'

const SAMPLES = 3

/** Looks at the dataset of a run as the draft's checks do, and at the first rows that it would train on. Throws UserError. */
export async function previewRun(context: Context, { spec, guild_id }: Run): Promise<Preview> {
  const { dataset, dataset_revision, dataset_config_name, args } = spec
  const { signal } = context
  const asked = { dataset, dataset_revision, dataset_config_name, args, guild_id, signal }
  const inspection = await inspect(context, asked)
  const samples = await sample(context, asked, SAMPLES)
  const ofHub = await isOfHub({ folder: context.config.datasetsFolder, path: dataset, what: 'dataset' })
  if (!ofHub) return { inspection, samples, from: null }
  const about = await hubFacts(context, guild_id).dataset(dataset, dataset_revision)
  const from = {
    name: about.name,
    revision: about.shardsCommit,
    config: chooseConfig(about, dataset_config_name ?? null).name,
    configs: about.configs.length,
    splits: readSplits(about, dataset_config_name).map(({ name }) => name),
  }
  return { inspection, samples, from }
}
