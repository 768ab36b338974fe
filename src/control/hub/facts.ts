import { cachedBytes } from '../../hub/cache.ts'
import { type Dataset, readDataset } from '../../hub/dataset.ts'
import { type Model, readModel, readModelConfig } from '../../hub/model.ts'
import type { RemoteFile, RepositoryType } from '../../hub/repository.ts'
import { MODEL_TYPES } from '../../engine/models/kinds.ts'
import type { Context } from '../context.ts'
import { hubOf } from './hub.ts'

/** What the Hub says about names, asked as a server. Everything throws HubError and UserError. */
export interface HubFacts {
  model: (name: string, revision?: string) => Promise<Model>
  config: (model: Model) => ReturnType<typeof readModelConfig>
  dataset: (name: string, revision?: string) => Promise<Dataset>
  /** How many bytes of these files are on this machine. */
  cached: (of: { type: RepositoryType; name: string; files: readonly RemoteFile[] }) => Promise<number>
}

/** For so long an answer is not asked for again: a draft asks the same several times. */
const FRESH_MS = 30_000

const kept = new WeakMap<Context, Map<string, { at: number; answer: Promise<unknown> }>>()

export function hubFacts(context: Context, guild_id: string): HubFacts {
  const answers = kept.get(context) ?? new Map<string, { at: number; answer: Promise<unknown> }>()
  kept.set(context, answers)

  function once<Answer>(question: string, ask: () => Promise<Answer>): Promise<Answer> {
    const now = Date.now()
    for (const [key, { at }] of answers) if (now - at > FRESH_MS) answers.delete(key)
    // Another server may see other things.
    const key = `${guild_id} ${question}`
    const known = answers.get(key)
    if (known) return known.answer as Promise<Answer>
    const answer = ask()
    answers.set(key, { at: now, answer })
    // What went wrong is tried again.
    answer.catch(() => answers.delete(key))
    return answer
  }
  const access = () => ({ ...hubOf(context, guild_id), signal: context.signal })

  return {
    model: (name, revision = 'main') =>
      once(`model ${name} ${revision}`, async () => readModel({ ...access(), name, revision, trainable: MODEL_TYPES })),
    config: (model) =>
      once(`config ${model.name} ${model.commit}`, async () => readModelConfig({ ...access(), model })),
    dataset: (name, revision = 'main') =>
      once(`dataset ${name} ${revision}`, async () => readDataset({ ...access(), name, revision })),
    cached: async (of) => cachedBytes({ cacheFolder: access().cacheFolder, ...of }),
  }
}
