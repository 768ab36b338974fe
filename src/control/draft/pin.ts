import { editDraft } from '../../../storage/moves.ts'
import { getRun, type Run } from '../../../storage/runs.ts'
import { isOfHub } from '../../engine/hub.ts'
import { isCommit } from '../../hub/repository.ts'
import { areConverted } from '../../hub/shards.ts'
import { chooseConfig } from '../../hub/splits.ts'
import type { Named, RunSpec } from '../../run/spec.ts'
import { UserError } from '../../user-error.ts'
import type { Context } from '../context.ts'
import { hubFacts } from '../hub/facts.ts'

/**
 * Writes into a draft what its names mean on the Hub at this moment: the names that they have there now, the commits, and
 * the configuration. What cannot be found stays as it is; the checks say why. Gives the draft as it is then.
 */
export async function pinDraft(context: Context, { id, spec, guild_id }: Run): Promise<Run> {
  const [model, dataset] = await Promise.all([pinModel(context, spec, guild_id), pinDataset(context, spec, guild_id)])
  const pins = { ...model, ...dataset }
  context.signal.throwIfAborted()
  const now = getRun(context.database, id)
  const isSame = now.spec.model === spec.model && now.spec.dataset === spec.dataset
  if (now.state !== 'draft' || !isSame || Object.keys(pins).length === 0) return now
  editDraft(context.database, { id, spec: { ...now.spec, ...pins }, actor: 'bot', reason: 'pinned to commits' })
  return getRun(context.database, id)
}

async function pinModel(context: Context, spec: RunSpec, guild_id: string): Promise<Partial<Named>> {
  const { model, model_revision } = spec
  if (isPinned(model_revision)) return {}
  return await orNothing(async () => {
    if (!(await isOfHub({ folder: context.config.modelsFolder, path: model, what: 'model' }))) return {}
    const { name, commit } = await hubFacts(context, guild_id).model(model, model_revision)
    return { model: name, model_revision: commit }
  })
}

async function pinDataset(context: Context, spec: RunSpec, guild_id: string): Promise<Partial<Named>> {
  const { dataset, dataset_revision, dataset_config_name = null } = spec
  if (isPinned(dataset_revision)) return {}
  return await orNothing(async () => {
    if (!(await isOfHub({ folder: context.config.datasetsFolder, path: dataset, what: 'dataset' }))) return {}
    const found = await hubFacts(context, guild_id).dataset(dataset, dataset_revision)
    const config = chooseConfig(found, dataset_config_name)
    const paths = config.splits.flatMap(({ shards }) => shards.map(({ path }) => path))
    // In the viewer's copy a configuration is a folder; in a repository of one configuration `default` is none.
    const named = config.name !== 'default' || areConverted(paths)
    return {
      dataset: found.name,
      dataset_revision: found.shardsCommit,
      ...(named ? { dataset_config_name: config.name } : {}),
    }
  })
}

function isPinned(revision: string | undefined): boolean {
  return revision !== undefined && isCommit(revision)
}

async function orNothing(pin: () => Promise<Partial<Named>>): Promise<Partial<Named>> {
  try {
    return await pin()
  } catch (error) {
    if (error instanceof UserError) return {}
    throw error
  }
}
