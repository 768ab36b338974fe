import { z } from 'zod'
import { listCached } from './cache.ts'
import { type Access, HUB_URL } from './endpoint.ts'
import { HubError, type HubFailure } from './failure.ts'
import { CANONICAL_DATASETS, CANONICAL_MODELS } from './names.ts'
import type { RepositoryType } from './repository.ts'
import { hubJson } from './request.ts'
import { QUICK } from './retry.ts'

/** What autocomplete shows. */
export interface Hit {
  name: string
  downloads: number | null
  gated: boolean
  /** Of a model: whether its kind is trained here; null when that is not known. */
  trainable: boolean | null
  /** Whether this machine has it. */
  cached: boolean
}

export interface Hits {
  /** 25 at most, the best first. */
  hits: Hit[]
  /** `hub`: just asked · `kept`: asked before · `here`: only what this machine knows. */
  from: 'hub' | 'kept' | 'here'
  /** Why the Hub did not answer, when it did not. */
  failure: HubFailure | null
}

export interface Search {
  models: (query: string) => Promise<Hits>
  datasets: (query: string) => Promise<Hits>
}

/** What Discord shows, and how long a name may be there. */
const MOST_HITS = 25
const LONGEST_NAME = 100
const MOST_KEPT = 500

const Results = z.array(
  z.object({
    id: z.string(),
    downloads: z.number().optional(),
    gated: z.union([z.boolean(), z.string()]).optional(),
    config: z.object({ model_type: z.string().optional() }).nullish(),
  }),
)

interface Kept {
  hits: Hit[]
  at: number
  asking: Promise<HubFailure | null> | null
}

/**
 * Search that always answers in time: from memory when the question was asked before (and asks again behind the
 * scenes when that is old), else from the Hub if it answers within `patience`, else from what this machine knows. An
 * answer that comes too late is kept for the next keystroke.
 */
export function createSearch({
  cacheFolder,
  trainable,
  patience = 1_500,
  fresh = 10 * 60_000,
  now = Date.now,
  ...access
}: Access & {
  cacheFolder: string
  /** Kinds of model that the engine trains: those come first. */
  trainable: readonly string[]
  /** Milliseconds that a person waits; Discord gives 3 s. */
  patience?: number
  /** Milliseconds for which an answer is not asked for again. */
  fresh?: number
  now?: () => number
}): Search {
  const kept = new Map<string, Kept>()

  async function search(type: RepositoryType, written: string): Promise<Hits> {
    const query = written.trim().toLowerCase().slice(0, LONGEST_NAME)
    const key = `${type} ${query}`
    const entry = kept.get(key) ?? { hits: [], at: -Infinity, asking: null }
    remember(kept, key, entry)
    const isNew = entry.at === -Infinity
    if (now() - entry.at > fresh && !access.offline) entry.asking ??= ask(type, query, entry)
    if (!isNew) return { hits: await mark(entry.hits, type), from: 'kept', failure: null }

    const late = Symbol('late')
    const failure = await Promise.race([entry.asking ?? Promise.resolve(null), wait(patience, late)])
    if (entry.at !== -Infinity) return { hits: await mark(entry.hits, type), from: 'hub', failure: null }
    const hits = rank([...similar(type, query), ...(await local(type))], query)
    return { hits: await mark(hits, type), from: 'here', failure: typeof failure === 'symbol' ? null : failure }
  }

  async function ask(type: RepositoryType, query: string, entry: Kept): Promise<HubFailure | null> {
    const fields = type === 'model' ? ['downloads', 'gated', 'config'] : ['downloads', 'gated']
    const parameters = new URLSearchParams([
      ['search', query],
      ['limit', String(MOST_HITS * 2)],
      ['sort', 'downloads'],
      ['direction', '-1'],
      ...(type === 'model' ? [['filter', 'safetensors'] as [string, string]] : []),
      ...fields.map((field): [string, string] => ['expand', field]),
    ])
    try {
      const { value } = await hubJson({
        ...access,
        url: `/api/${type}s?${parameters.toString()}`,
        subject: { type: 'search', name: query },
        schema: Results,
        patience: QUICK,
      })
      entry.hits = rank(
        value.map(({ id, downloads, gated, config }) => ({
          name: id,
          downloads: downloads ?? null,
          gated: gated !== undefined && gated !== false,
          trainable: config?.model_type === undefined ? null : trainable.includes(config.model_type),
          cached: false,
        })),
        query,
      )
      entry.at = now()
      return null
    } catch (error) {
      if (error instanceof HubError) return error.failure
      return { is: 'not-understood', url: access.hubUrl ?? HUB_URL, what: 'the search ended' }
    } finally {
      entry.asking = null
    }
  }

  /** Answers to shorter queries that fit this one, too. */
  function similar(type: RepositoryType, query: string): Hit[] {
    return [...kept]
      .filter(([key]) => key.startsWith(`${type} `) && query.startsWith(key.slice(type.length + 1)))
      .flatMap(([, { hits }]) => hits)
  }

  async function local(type: RepositoryType): Promise<Hit[]> {
    const known = Object.values(type === 'model' ? CANONICAL_MODELS : CANONICAL_DATASETS)
    const here = (await listCached(cacheFolder)).filter((each) => each.type === type).map(({ name }) => name)
    const hit = (name: string): Hit => ({ name, downloads: null, gated: false, trainable: null, cached: false })
    return [...here, ...known].map(hit)
  }

  async function mark(hits: readonly Hit[], type: RepositoryType): Promise<Hit[]> {
    const here = new Set((await listCached(cacheFolder)).filter((each) => each.type === type).map(({ name }) => name))
    return hits.map((hit) => ({ ...hit, cached: here.has(hit.name) }))
  }

  return { models: (query) => search('model', query), datasets: (query) => search('dataset', query) }
}

/** The exact name first, then what can be trained, then what begins with it; else in the order that they came. */
function rank(hits: readonly Hit[], query: string): Hit[] {
  const score = ({ name, trainable }: Hit) => {
    const lower = name.toLowerCase()
    const short = lower.split('/').at(-1) ?? lower
    if (lower === query || short === query) return 0
    return (trainable === false ? 3 : 1) + (lower.startsWith(query) || short.startsWith(query) ? 0 : 1)
  }
  const seen = new Set<string>()
  const fitting = hits.filter(({ name }) => {
    if (seen.has(name) || name.length > LONGEST_NAME || !name.toLowerCase().includes(query)) return false
    seen.add(name)
    return true
  })
  return fitting.toSorted((a, b) => score(a) - score(b)).slice(0, MOST_HITS)
}

function remember(kept: Map<string, Kept>, key: string, entry: Kept): void {
  kept.delete(key)
  kept.set(key, entry)
  for (const oldest of kept.keys()) {
    if (kept.size <= MOST_KEPT) return
    kept.delete(oldest)
  }
}

async function wait<Value>(milliseconds: number, value: Value): Promise<Value> {
  return new Promise((done) => {
    setTimeout(done, milliseconds, value).unref()
  })
}
