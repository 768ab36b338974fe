import { z } from 'zod'
import { type Access, HUB_URL } from './endpoint.ts'
import { hubJson } from './request.ts'
import { QUICK } from './retry.ts'

/** Whose the token is, and what it may do. Never the token. */
export interface WhoAmI {
  name: string
  orgs: string[]
  role: 'read' | 'write' | 'fineGrained' | 'unknown'
  /** Namespaces that a fine-grained token may write to. */
  writes: string[]
  /** Whether a fine-grained token may read gated repositories that its account may. */
  readsGated: boolean
  /** Where the token is from: `HF_TOKEN`, a file, this server. */
  source: string
}

const Answer = z.object({
  name: z.string(),
  orgs: z.array(z.object({ name: z.string() })).optional(),
  auth: z
    .object({
      accessToken: z
        .object({
          role: z.string().optional(),
          fineGrained: z
            .object({
              canReadGatedRepos: z.boolean().optional(),
              scoped: z
                .array(
                  z.object({
                    entity: z.object({ name: z.string().optional() }).optional(),
                    permissions: z.array(z.string()),
                  }),
                )
                .optional(),
            })
            .nullish(),
        })
        .nullish(),
    })
    .nullish(),
})

/** Asks the Hub whose the token is; null without a token. Throws HubError. */
export async function whoAmI(access: Access): Promise<WhoAmI | null> {
  const { token = null } = access
  if (token === null) return null
  const { value } = await hubJson({
    ...access,
    url: '/api/whoami-v2',
    subject: { type: 'account', name: '' },
    schema: Answer,
    patience: QUICK,
  })
  const given = value.auth?.accessToken
  const fine = given?.fineGrained
  const scoped = (fine?.scoped ?? []).filter(({ permissions }) => permissions.includes('repo.write'))
  const role = given?.role
  return {
    name: value.name,
    orgs: (value.orgs ?? []).map(({ name }) => name),
    role: role === 'read' || role === 'write' || role === 'fineGrained' ? role : 'unknown',
    writes: scoped.flatMap(({ entity }) => (entity?.name === undefined ? [] : [entity.name])),
    readsGated: role !== 'fineGrained' || fine?.canReadGatedRepos === true,
    source: token.source,
  }
}

/** The namespaces that can be published to, the account's own first. */
export function writableNamespaces({ name, orgs, role, writes }: WhoAmI): string[] {
  if (role === 'read') return []
  const mine = [name, ...orgs]
  return role === 'fineGrained' ? mine.filter((namespace) => writes.includes(namespace)) : mine
}

/** What the token lacks for something, as a sentence with who must do what; null when it lacks nothing. */
export function missingScope({
  who,
  need,
  namespace = null,
  hubUrl = HUB_URL,
}: {
  who: WhoAmI | null
  need: 'publish' | 'gated'
  /** Where is published to. */
  namespace?: string | null
  hubUrl?: string
}): string | null {
  const page = `${hubUrl}/settings/tokens`
  if (who === null) {
    return need === 'publish'
      ? `There is no Hub token. Whoever runs the bot makes one with write access at ${page} and sets HF_TOKEN to it.`
      : `There is no Hub token. Whoever runs the bot makes one at ${page} and sets HF_TOKEN to it.`
  }
  if (need === 'gated') {
    return who.readsGated
      ? null
      : `The token from ${who.source} lacks “read access to public gated repos”. ${who.name} adds it at ${page}.`
  }
  const writable = writableNamespaces(who)
  if (namespace === null ? writable.length > 0 : writable.includes(namespace)) return null
  if (who.role === 'read') {
    return `The token from ${who.source} can only read. ${who.name} makes one with write access at ${page}.`
  }
  if (namespace !== null && namespace !== who.name && !who.orgs.includes(namespace)) {
    return `${who.name} is no member of \`${namespace}\`. Publish to ${[who.name, ...who.orgs].map((each) => `\`${each}\``).join(' or ')}.`
  }
  return `The token from ${who.source} lacks write access to ${namespace === null ? 'every namespace' : `\`${namespace}\``}. ${who.name} adds “write access to contents of repos” at ${page}.`
}
