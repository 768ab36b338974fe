import { MODEL_TYPES } from '../../engine/models/kinds.ts'
import { createSearch, type Search } from '../../hub/search.ts'
import type { Context } from '../context.ts'
import { hubOf } from './hub.ts'

const searches = new WeakMap<Context, Map<string, Search>>()

/** The search of a server: what it was told is remembered, and what its token may see stays its own. Throws UserError. */
export function searchOf(context: Context, guild_id: string): Search {
  const all = searches.get(context) ?? new Map<string, Search>()
  searches.set(context, all)
  const { token, ...hub } = hubOf(context, guild_id)
  const key = `${guild_id} ${token?.reveal() ?? ''}`
  const known = all.get(key)
  if (known) return known
  const search = createSearch({ ...hub, token, trainable: MODEL_TYPES, signal: context.signal })
  all.set(key, search)
  return search
}
